// SPDX-License-Identifier: Apache-2.0
// Words of the admin area and of "my account", loaded with its first page.
export default {
    'admin.title': '设置',
};
