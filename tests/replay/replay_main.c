/* SPDX-License-Identifier: Apache-2.0 */
/* The replay alone, without the server: what the tests of the judge run. */
#include "app/cli_replay.h"

int main(int argc, char **argv)
{
    return cli_replay(argc, argv);
}
