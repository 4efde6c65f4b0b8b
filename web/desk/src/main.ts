// SPDX-License-Identifier: Apache-2.0
import { createPinia } from 'pinia';
import { createApp, watch } from 'vue';
import App from './App.vue';
import { clockStart } from './core/clock';
import { prefs, prefsStart } from './core/prefs';
import { guessLocale, setLocale } from './i18n';
import { router } from './router';
import './ui/base.css';

prefsStart();
clockStart();
const words = setLocale(guessLocale()).catch(() => setLocale('zh-CN'));
watch(
    () => prefs.locale,
    () => void setLocale(guessLocale()),
);
const app = createApp(App).use(createPinia()).use(router);
void words.then(() => app.mount('#app'));
