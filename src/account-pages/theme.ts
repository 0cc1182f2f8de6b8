// The style sheet that gives the account pages their accent colour.
import type { Accent } from '../config/brand-settings.js';
import { contrastingText } from '../mail/messages/contrast.js';

export const themeOf = ({ light, dark }: Accent): string =>
  `${rootWith(light)}\n@media (prefers-color-scheme: dark) {\n${rootWith(dark)}\n}\n`;

const rootWith = (accent: string) => `:root { --accent: ${accent}; --on-accent: ${contrastingText(accent)}; }`;
