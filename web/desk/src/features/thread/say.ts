// SPDX-License-Identifier: Apache-2.0
// A refused request becomes one sentence at the foot of the screen.
import { ApiError } from '@/api/http';
import { toast } from '@/core/toast';
import { t, tCode } from '@/i18n';

export function fail(e: unknown) {
    const code = e instanceof ApiError ? e.code : 'client.bug';
    if (code === 'net.aborted') return;
    if (code === 'client.bug') console.error(e);
    toast(tCode('err', code, t('err.other')), 'bad');
}
