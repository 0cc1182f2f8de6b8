// Invites somebody: they get a mail, and set their password themselves.
import { useState } from 'preact/hooks';
import { Said } from '../account/said.js';
import { ActionLink } from '../components/action-link.js';
import { Field } from '../components/field.js';
import type { Values } from '../components/form.js';
import { Select } from '../components/select.js';
import { own } from '../requests.js';
import { to } from '../router.js';
import { t } from '../text.js';
import { Act, reasonIn } from './act.js';
import { useRoles } from './use-roles.js';
import { roleOptions } from './user-badges.js';

export function Invite() {
  const [invited, setInvited] = useState<{ readonly id: string; readonly email: string }>();
  const roles = roleOptions(useRoles());
  const invite = async (values: Values) => {
    const email = (values['email'] ?? '').trim();
    const answer = await own('POST', '/admin/users', { email, role: values['role'], ...reasonIn(values) });
    const { user } = (await answer.json()) as { readonly user: { readonly id: string } };
    setInvited({ id: user.id, email });
  };
  return (
    <section class="card" aria-labelledby="invite">
      <h2 id="invite">{t('admin.invite.title')}</h2>
      <p class="intro">{t('admin.invite.intro')}</p>
      {invited && (
        <>
          <Said text={t('admin.invite.done', { email: invited.email })} />
          <div class="actions">
            <ActionLink look="plain" href={to(`admin/users/${invited.id}`)}>
              {t('admin.invite.show')}
            </ActionLink>
          </div>
        </>
      )}
      <Act
        does={t('admin.invite.begin')}
        asks={t('admin.invite.asks')}
        submit={t('admin.invite.submit')}
        act={invite}
        says={{ email_taken: 'admin.invite.taken', not_found: 'admin.invite.noMail' }}
      >
        <Field name="email" type="email" label={t('email')} autocomplete="off" />
        <Select name="role" label={t('admin.role')} value="user" options={roles} />
      </Act>
    </section>
  );
}
