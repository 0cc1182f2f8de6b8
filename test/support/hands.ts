// How a person works a page: with the mouse, or by keyboard only.
import type { Locator } from 'playwright-core';

export interface Hands {
  /** A link, a button or a box to tick. */
  press(target: Locator): Promise<void>;
  /** Puts the text into a field, in place of what it holds. */
  write(target: Locator, text: string): Promise<void>;
}

export const mouse: Hands = {
  press: (target) => target.click(),
  write: (target, text) => target.fill(text),
};

export const keyboard: Hands = {
  async press(target) {
    await reach(target);
    const isBox = (await target.getAttribute('type')) === 'checkbox';
    await target.page().keyboard.press(isBox ? 'Space' : 'Enter');
  },
  async write(target, text) {
    await reach(target);
    const { keyboard: keys } = target.page();
    await keys.press('ControlOrMeta+a');
    await keys.insertText(text); // as a paste does
  },
};

/** More than any page has. */
const MAX_STOPS = 80;

/** Moves the focus by the tabulator key, as far as the last element and round again. */
async function reach(target: Locator): Promise<void> {
  await target.waitFor();
  for (let stops = 0; stops < MAX_STOPS; stops++) {
    const focus = await focusOn(target);
    if (focus === 'seen') return;
    // WCAG 2.4.7: whoever does not see the pointer must see the focus.
    if (focus === 'unseen') throw new Error(`the focus on ${target.toString()} cannot be seen`);
    await target.page().keyboard.press('Tab');
  }
  throw new Error(`the keyboard does not reach ${target.toString()}`);
}

/** What is drawn around the element, or around the frame that it fills. */
const focusOn = (target: Locator): Promise<'elsewhere' | 'seen' | 'unseen'> =>
  target.evaluate((element) => {
    const { document, getComputedStyle } = globalThis as unknown as Drawn;
    if (element !== document.activeElement) return 'elsewhere';
    const isMarked = [element, element.parentElement].some((each) => {
      const { outlineStyle, outlineWidth } = getComputedStyle(each);
      return outlineStyle !== 'none' && outlineWidth !== '0px';
    });
    return isMarked ? 'seen' : 'unseen';
  });

interface Drawn {
  readonly document: { readonly activeElement: unknown };
  readonly getComputedStyle: (element: unknown) => Record<'outlineStyle' | 'outlineWidth', string>;
}
