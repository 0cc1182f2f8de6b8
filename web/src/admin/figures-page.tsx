// The front page: what goes on right now, in a few numbers.
import { Page } from '../components/page.js';
import { language } from '../language.js';
import { t, type TextKey } from '../text.js';
import { type Figures, readFigures } from './figures.js';
import { Opening, useOpened } from './opening.js';

export function FiguresPage() {
  const { data, ...opening } = useOpened(readFigures);
  return (
    <Page title={t('admin.figures.title')} intro={t('admin.figures.intro')}>
      {data === undefined ? <Opening {...opening} /> : <Numbers {...data} />}
    </Page>
  );
}

function Numbers({ users, sessions, lastHour, mailWaiting, mailDead, alertsWaiting }: Figures) {
  const numbers: readonly [TextKey, number | null][] = [
    ['admin.figures.users', users],
    ['admin.figures.sessions', sessions],
    ['admin.figures.signIns', lastHour.signIns],
    ['admin.figures.refusals', lastHour.refusals],
    ['admin.figures.alerts', lastHour.alerts],
    ['admin.figures.alertsWaiting', alertsWaiting],
    ['admin.figures.mailWaiting', mailWaiting],
    ['admin.figures.mailDead', mailDead],
  ];
  return (
    <dl class="figures">
      {numbers.map(([key, value]) => (
        <div key={key}>
          <dt>{t(key)}</dt>
          <dd>{value === null ? t('admin.figures.uncounted') : new Intl.NumberFormat(language()).format(value)}</dd>
        </div>
      ))}
    </dl>
  );
}
