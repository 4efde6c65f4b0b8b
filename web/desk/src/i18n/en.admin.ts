// SPDX-License-Identifier: Apache-2.0
import type { AdminDict } from './index';

const words: AdminDict = {
    'admin.title': 'Settings',
};
export default words;
