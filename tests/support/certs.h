/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificates made for one test run: an authority, servers it vouches for in the ways a client
 * must tell apart, and an authority that vouches for none of them. P-256 keys. Depends on OpenSSL.
 */
#ifndef ROOST_TESTS_SUPPORT_CERTS_H
#define ROOST_TESTS_SUPPORT_CERTS_H

/*
 * Writes into `dir`:
 *   ca.pem/.key        the authority
 *   other-ca.pem       another authority
 *   server.pem/.key    for localhost and 127.0.0.1
 *   elsewhere.pem/.key for elsewhere.example only
 *   expired.pem/.key   for localhost and 127.0.0.1, until yesterday
 */
void support_make_certificates(const char *dir);

#endif
