// One user: how they stand, what an administrator can do, their sessions, factors, identities and last events.
import { Said } from '../account/said.js';
import { Outcome } from '../components/outcome.js';
import { Page } from '../components/page.js';
import { to } from '../router.js';
import { t } from '../text.js';
import { EventList } from './event-list.js';
import { Opening } from './opening.js';
import { useUser } from './use-user.js';
import { UserActs } from './user-acts.js';
import { UserFactors } from './user-factors.js';
import { UserFacts } from './user-facts.js';
import { UserSessions } from './user-sessions.js';

export function UserPage({ userId }: { readonly userId: string }) {
  const state = useUser(userId);
  const { data, call, told, proof, isDeclined } = state;
  const back = <a href={to('admin/users')}>{t('admin.user.back')}</a>;
  if (data === undefined || proof)
    return (
      <Page title={t('admin.user.title')} below={back}>
        <Opening call={call} proof={proof} isDeclined={isDeclined} />
      </Page>
    );
  const { user, sessions, events } = data;
  return (
    <>
      <Page title={user.email}>
        {told && <Said key={told.count} text={told.text} tone={told.tone} />}
        <Outcome call={call} />
        <UserFacts {...user} />
      </Page>
      <UserActs state={state} user={user} />
      <UserSessions state={state} sessions={sessions} />
      <UserFactors state={state} user={user} />
      <section class="card" aria-labelledby="user-events">
        <h2 id="user-events">{t('admin.user.events')}</h2>
        {events.length === 0 ? <p>{t('admin.events.none')}</p> : <EventList events={events} isOfOne />}
        <p>
          <a href={to(`admin/events/${user.id}`)}>{t('admin.user.allEvents')}</a>
        </p>
      </section>
      <div class="below">{back}</div>
    </>
  );
}
