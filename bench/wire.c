/* SPDX-License-Identifier: Apache-2.0 */
#include "wire.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

int64_t wire_frame_parse(uint8_t *data, size_t length, WireFrame *ret_frame)
{
    if (length < 2)
        return WIRE_MORE;
    if ((data[0] & 0xf0) != 0x80)
        return WIRE_BROKEN;
    bool masked = (data[1] & 0x80) != 0;
    uint64_t payload = data[1] & 0x7f;
    size_t at = 2;
    if (payload == 126) {
        if (length < 4)
            return WIRE_MORE;
        payload = (uint64_t)data[2] << 8 | data[3];
        at = 4;
    } else if (payload == 127) {
        if (length < 10)
            return WIRE_MORE;
        payload = 0;
        for (size_t i = 2; i < 10; i++)
            payload = payload << 8 | data[i];
        at = 10;
    }
    if (payload > WIRE_PAYLOAD_MAX)
        return WIRE_BROKEN;
    size_t total = at + (masked ? 4 : 0) + (size_t)payload;
    if (length < total)
        return WIRE_MORE;
    if (masked) {
        uint8_t mask[4];
        memcpy(mask, data + at, 4);
        at += 4;
        wire_mask(data + at, (size_t)payload, mask);
    }
    *ret_frame =
        (WireFrame){.opcode = data[0] & 0x0f, .payload = data + at, .length = (size_t)payload};
    return (int64_t)total;
}

size_t wire_frame_header(uint8_t *out, uint8_t opcode, size_t length, const uint8_t *mask)
{
    size_t at = 2;
    uint8_t masked = mask ? 0x80 : 0;
    out[0] = (uint8_t)(0x80 | opcode);
    if (length < 126) {
        out[1] = (uint8_t)(masked | length);
    } else if (length < 65536) {
        out[1] = (uint8_t)(masked | 126);
        out[2] = (uint8_t)(length >> 8);
        out[3] = (uint8_t)(length & 0xff);
        at = 4;
    } else {
        out[1] = (uint8_t)(masked | 127);
        for (size_t i = 0; i < 8; i++)
            out[2 + i] = (uint8_t)((uint64_t)length >> (56 - 8 * i) & 0xff);
        at = 10;
    }
    if (mask) {
        memcpy(out + at, mask, 4);
        at += 4;
    }
    return at;
}

void wire_mask(uint8_t *data, size_t length, const uint8_t mask[4])
{
    uint8_t wide_bytes[8];
    uint64_t wide;
    memcpy(wide_bytes, mask, 4);
    memcpy(wide_bytes + 4, mask, 4);
    memcpy(&wide, wide_bytes, 8);
    size_t at = 0;
    for (; at + 8 <= length; at += 8) {
        uint64_t word;
        memcpy(&word, data + at, 8);
        word ^= wide;
        memcpy(data + at, &word, 8);
    }
    for (; at < length; at++)
        data[at] ^= mask[at & 3];
}

void wire_accept_key(const char *key, size_t key_length, char ret_accept[WIRE_ACCEPT_BYTES])
{
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    uint8_t text[128];
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned digest_length = 0;
    if (key_length > sizeof text - (sizeof guid - 1))
        key_length = sizeof text - (sizeof guid - 1);
    memcpy(text, key, key_length);
    memcpy(text + key_length, guid, sizeof guid - 1);
    if (EVP_Digest(text, key_length + sizeof guid - 1, digest, &digest_length, EVP_sha1(), NULL) !=
        1)
        abort();
    EVP_EncodeBlock((unsigned char *)ret_accept, digest, 20);
}

const char *wire_head_value(const char *head, size_t head_length, const char *name,
                            size_t *ret_length)
{
    size_t name_length = strlen(name);
    const char *end = head + head_length;
    for (const char *line = head; line < end;) {
        const char *eol = memchr(line, '\n', (size_t)(end - line));
        if (!eol)
            eol = end;
        if ((size_t)(eol - line) > name_length && line[name_length] == ':' &&
            strncasecmp(line, name, name_length) == 0) {
            const char *value = line + name_length + 1;
            while (value < eol && (*value == ' ' || *value == '\t'))
                value++;
            const char *last = eol;
            while (last > value && (last[-1] == '\r' || last[-1] == ' '))
                last--;
            *ret_length = (size_t)(last - value);
            return value;
        }
        line = eol + 1;
    }
    return NULL;
}
