// Drives the stock Firefox over WebDriver BiDi: node firefox.js URL USER PASSWORD REALM TARGET SECONDS
// Opens a page of the gateway, loads stock JsSIP into it, calls TARGET with Firefox's fake microphone (a tone of its own),
// listens, and prints what its receiver measured as one line of JSON.
import { readFileSync } from 'node:fs';
import { launch } from 'puppeteer-core';

const [url, user, password, realm, target, seconds] = process.argv.slice(2);
const here = new URL('.', import.meta.url);
const browser = await launch({
  browser: 'firefox', executablePath: '/usr/bin/firefox-esr', headless: true, acceptInsecureCerts: true,
  extraPrefsFirefox: {
    'media.navigator.streams.fake': true, 'media.navigator.permission.disabled': true, 'media.autoplay.default': 0,
    'media.autoplay.blocking_policy': 0, 'media.autoplay.block-webaudio': false, 'security.csp.enable': false, 'network.websocket.allowInsecureFromHTTPS': true,
  },
});
try {
  const page = await browser.newPage();
  await page.goto(`${url}/login`);
  for (const file of ['../dist/jssip.js', 'listen.js', 'jsphone.js']) {
    await page.evaluate((source) => { (0, eval)(source); }, readFileSync(new URL(file, here), 'utf8'));
  }
  await page.evaluate((s) => {
    window.phone = makePhone(s);
    window.phone.ua.start();
  }, { url: `${url.replace('https', 'wss')}/ws`, uri: `sip:${user}@${realm}`, password });
  const wait = async (name, limit = 15000) => {
    const until = Date.now() + limit;
    while (!(await page.evaluate((n) => window.phone.has(n), name))) {
      if (Date.now() > until) throw new Error(`no ${name}: ${await page.evaluate(() => JSON.stringify(window.phone.events) + window.phone.messages.map((m) => m.text).slice(-12).join('\n'))}`);
      await new Promise((r) => setTimeout(r, 50));
    }
  };
  await wait('registered');
  await page.evaluate((t) => { window.phone.call(t); }, target);
  await wait('confirmed');
  await wait('track');
  // Sound is decoded only while something plays it.
  await page.evaluate(() => { window.player = Object.assign(new Audio(), { srcObject: window.phone.stream, muted: true }); window.player.play(); });
  await new Promise((r) => setTimeout(r, Number(seconds) * 1000));
  const report = await page.evaluate(() => window.phone.stats());
  if (await page.evaluate(() => window.phone.has('ended'))) {
    throw new Error(`the call ended by itself: ${await page.evaluate(() => JSON.stringify(window.phone.events) + window.phone.messages.map((m) => m.text).slice(-12).join('\n'))}`);
  }
  await page.evaluate(() => window.phone.hangup());
  await wait('ended');
  console.log(JSON.stringify(report));
} finally {
  await browser.close();
}
