// SPDX-License-Identifier: Apache-2.0
// A visitor who has not said a name is told apart by the end of the id.
import { t } from '@/i18n';

export const customerName = (c: { id: string; name: string } | null | undefined): string =>
    c ? c.name || t('customer.guestN', { n: c.id.slice(-4) }) : '';
