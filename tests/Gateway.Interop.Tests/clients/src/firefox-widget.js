// Drives the stock Firefox over WebDriver BiDi: node firefox-widget.js URL SECONDS
// Opens a page with a widget, under the page's own policy, calls by a click, and prints what the widget told its page as one
// line of JSON.
import { launch } from 'puppeteer-core';

const [url, seconds] = process.argv.slice(2);
const browser = await launch({
  browser: 'firefox', executablePath: '/usr/bin/firefox-esr', headless: true, acceptInsecureCerts: true,
  extraPrefsFirefox: { 'media.navigator.streams.fake': true, 'media.navigator.permission.disabled': true, 'media.autoplay.default': 0, 'media.autoplay.blocking_policy': 0 },
});
try {
  const page = await browser.newPage();
  await page.goto(url);
  const told = () => page.evaluate(() => JSON.stringify(window.told ?? []));
  await page.evaluate(() => {
    window.told = [];
    for (const type of ['gw-state', 'gw-quality', 'gw-ended', 'gw-error']) document.addEventListener(type, (e) => window.told.push({ type, ...e.detail }));
  });
  const state = async (wanted, limit = 20000) => {
    const until = Date.now() + limit;
    while ((await page.evaluate(() => document.querySelector('gw-call').state)) !== wanted) {
      if (Date.now() > until) throw new Error(`not ${wanted}: ${await told()}`);
      await new Promise((r) => setTimeout(r, 100));
    }
  };
  await page.evaluate(() => document.querySelector('gw-call').shadowRoot.querySelector('button').click());
  await state('active');
  await new Promise((r) => setTimeout(r, Number(seconds) * 1000));
  await page.evaluate(() => document.querySelector('gw-call').hangup());
  await state('ended');
  console.log(await told());
} finally {
  await browser.close();
}
