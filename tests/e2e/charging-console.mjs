// SPDX-License-Identifier: Apache-2.0
// What the tests of the pages of chargers share: a hub with a browser before it, two clicks, screenshots, and a look at pages at
// three widths, light and dark, by axe-core and by what is cut off.
import assert from 'node:assert/strict';
import axe from 'axe-core';
import fs from 'node:fs';
import path from 'node:path';
import { cutOff, launch, open as openPage, signIn as signInTo } from './browser.mjs';
import { Chargers } from './ocpp.mjs';

export class Console {
    static async create(t, options) {
        const self = new Console();
        self.errors = []; // of the browser; a test that provokes some empties it
        self.hub = await Chargers.create(t, options);
        self.stack = self.hub.stack;
        self.browser = await launch();
        t.after(() => self.browser.close());
        self.shots = process.env.ROOST_SCREENSHOTS ?? path.join(self.stack.dir, 'screenshots');
        fs.mkdirSync(self.shots, { recursive: true });
        return self;
    }
    async signedIn(options) {
        const page = await openPage(this.browser, this.stack, this.errors, options);
        page.setDefaultTimeout(10000);
        await signInTo(page, this.stack);
        return page;
    }
    goto(page, where) { return page.goto(`${this.stack.url}/#/${where}`); }
    shot(page, name) { return page.screenshot({ path: path.join(this.shots, `${name}.png`), fullPage: true }); }

    /** Of pages by name, [where, what is there when it is]: nothing that axe-core finds, nothing that is cut off or sticks out. */
    async lookAt(colorScheme, pagesOf) {
        const page = await this.signedIn({ colorScheme, reducedMotion: 'reduce' }); // no colour is looked at on its way
        for (const width of [1280, 768, 360]) {
            await page.setViewportSize({ width, height: 844 });
            for (const [name, [where, there]] of Object.entries(pagesOf(page))) {
                await this.goto(page, where);
                await there().waitFor();
                if (width !== 768) assert.deepEqual(await found(page), [], `${name} at ${width} px`);
                assert.deepEqual(await page.evaluate(cutOff), [], `${name} at ${width} px`);
                assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${name} scrolls sideways at ${width} px`);
                await this.shot(page, `charging-${name}-${width}-${colorScheme}`);
            }
        }
        assert.deepEqual(this.errors, []);
        await page.context().close();
    }
}

export const dialog = (page) => page.getByRole('dialog');

/** The first click, what the question says, and the second. */
export async function twoClicks(page, where, button, question, yes) {
    await where.getByRole('button', { name: button, exact: true }).click();
    await dialog(page).getByText(question).waitFor();
    await dialog(page).getByRole('button', { name: yes, exact: true }).click();
}

async function found(page) {
    await page.evaluate(axe.source);
    const { violations } = await page.evaluate(() => globalThis.axe.run());
    return violations.map((v) => `${v.id}: ${v.nodes.map((node) => node.html).join(' ')}`);
}
