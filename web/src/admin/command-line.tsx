// Acts that stay with the command line, and the lines for them.
import { t } from '../text.js';

export function CommandLine({ lines }: { readonly lines: readonly string[] }) {
  return (
    <div class="lines">
      <p class="hint">{t('admin.commandLine')}</p>
      <ul>
        {lines.map((line) => (
          <li key={line}>
            <code>npm run cli -- {line}</code>
          </li>
        ))}
      </ul>
    </div>
  );
}
