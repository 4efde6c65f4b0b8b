/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a fuzz target over the files of its corpus, as an ordinary test: `replay FOLDER…`. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FILE_MAX = 1 << 20 };

int main(int argc, char **argv)
{
    uint8_t *bytes = malloc(FILE_MAX);
    size_t files = 0;
    for (int i = 1; i < argc && bytes; i++) {
        DIR *dir = opendir(argv[i]);
        struct dirent *entry;
        while (dir && (entry = readdir(dir)) != NULL) {
            char path[4096];
            if (entry->d_name[0] == '.')
                continue;
            snprintf(path, sizeof path, "%s/%s", argv[i], entry->d_name);
            FILE *f = fopen(path, "rb");
            if (!f)
                continue;
            size_t n = fread(bytes, 1, FILE_MAX, f);
            fclose(f);
            uint8_t *exact = malloc(n ? n : 1); /* so that a sanitizer sees reading past the end */
            for (size_t k = 0; exact && k < n; k++)
                exact[k] = bytes[k];
            LLVMFuzzerTestOneInput(exact, n);
            free(exact);
            files++;
        }
        if (dir)
            closedir(dir);
    }
    free(bytes);
    printf("%zu files\n", files);
    return files ? 0 : 1;
}
