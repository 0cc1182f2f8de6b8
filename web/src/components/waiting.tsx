// Stands where a page will be as soon as it is known what it shows.
import { t } from '../text.js';

export function Waiting() {
  return (
    <section class="card waiting" aria-busy="true">
      <span class="spinner" aria-hidden="true" />
      <p role="status">{t('busy')}</p>
    </section>
  );
}
