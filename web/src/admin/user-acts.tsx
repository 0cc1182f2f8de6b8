// What an administrator can change about a user. Each act says what it will do, and asks once.
import type { Values } from '../components/form.js';
import { Select } from '../components/select.js';
import { roleOf } from '../account/events.js';
import { own } from '../requests.js';
import { t } from '../text.js';
import { Act, reasonIn } from './act.js';
import type { ShownUser } from './answers.js';
import { useRoles } from './use-roles.js';
import type { useUser } from './use-user.js';
import { roleOptions } from './user-badges.js';

export type UserState = ReturnType<typeof useUser>;

interface Props {
  readonly state: UserState;
  readonly user: ShownUser;
}

const says = {
  last_admin: 'admin.user.lastAdmin',
  email_unverified: 'admin.user.unverified',
  revocation_unconfirmed: 'admin.user.unconfirmed',
} as const;

export function UserActs({ state, user }: Props) {
  const { change, path, tell } = state;
  const { email, role, status } = user;
  const roles = roleOptions(useRoles(), role);
  const isDisabled = status === 'disabled';
  const changeRole = async (values: Values) => {
    const wanted = values['role'] ?? role;
    await change({ role: wanted, ...reasonIn(values) }, t('admin.user.roleDone', { role: roleOf(wanted) }));
  };
  const setDisabled = (disabled: boolean) => (values: Values) =>
    change({ disabled, ...reasonIn(values) }, t(disabled ? 'admin.user.disableDone' : 'admin.user.enableDone'));
  const sendReset = async (values: Values) => {
    await own('POST', `${path}/password-reset`, reasonIn(values));
    tell(t('admin.user.resetDone', { email }));
  };
  return (
    <section class="card" aria-labelledby="user-acts">
      <h2 id="user-acts">{t('admin.user.acts')}</h2>
      <div class="acts">
        <Act
          does={t('admin.user.role')}
          asks={t('admin.user.roleAsks', { email })}
          submit={t('admin.user.role')}
          act={changeRole}
          says={says}
        >
          <Select name="role" label={t('admin.role')} value={role} options={roles} />
        </Act>
        <Act
          does={t('admin.user.reset')}
          asks={t('admin.user.resetAsks', { email })}
          submit={t('admin.user.resetNow')}
          act={sendReset}
          says={{ not_found: 'admin.user.noMail' }}
        />
        {isDisabled ? (
          <Act
            does={t('admin.user.enable')}
            asks={t('admin.user.enableAsks', { email })}
            submit={t('admin.user.enableNow')}
            act={setDisabled(false)}
            says={says}
          />
        ) : (
          <Act
            does={t('admin.user.disable')}
            asks={t('admin.user.disableAsks', { email })}
            submit={t('admin.user.disableNow')}
            act={setDisabled(true)}
            says={says}
            isGrave
          />
        )}
      </div>
    </section>
  );
}
