/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NET_TEST_CERT_H
#define NET_TEST_CERT_H
/* A certificate of our own for 127.0.0.1 and localhost, made anew for each test. */
void test_cert_write(const char *cert_path, const char *key_path, long serial);
#endif
