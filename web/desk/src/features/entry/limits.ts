// SPDX-License-Identifier: Apache-2.0
/** As in src/accounts/password.h; the server checks again. */
export const PASSWORD_MIN = 8;
