// SPDX-License-Identifier: Apache-2.0
import type { AdminDict } from './index';

const words: AdminDict = {
    'admin.title': '設定',
};
export default words;
