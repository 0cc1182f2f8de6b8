// Which text says what a security event is. What each one means: docs/operations/events.md.

interface Event {
  readonly type: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** By the type of the event, and by type and detail where the detail changes the sentence. */
const sentences = {
  'user.registered': 'activity.event.user_registered',
  'user.disabled': 'activity.event.user_disabled',
  'user.enabled': 'activity.event.user_enabled',
  'user.unlocked': 'activity.event.user_unlocked',
  'role.changed': 'activity.event.role_changed',
  'login.succeeded': 'activity.event.login_succeeded',
  'login.succeeded pwd': 'activity.event.login_succeeded_password',
  'login.succeeded mail': 'activity.event.login_succeeded_mail',
  'login.succeeded 2fa': 'activity.event.login_succeeded_factor',
  'login.succeeded passkey': 'activity.event.login_succeeded_passkey',
  'login.succeeded upstream': 'activity.event.login_succeeded_upstream',
  'login.failed': 'activity.event.login_failed',
  'login.failed wrong_password': 'activity.event.login_failed_wrong_password',
  'login.failed email_unverified': 'activity.event.login_failed_email_unverified',
  'login.failed disabled': 'activity.event.login_failed_disabled',
  'refresh.reused': 'activity.event.refresh_reused',
  'refresh.reused ended': 'activity.event.refresh_reused_ended',
  'password.changed': 'activity.event.password_changed',
  'password.change_failed': 'activity.event.password_change_failed',
  'password.reset': 'activity.event.password_reset',
  'email.change_requested': 'activity.event.email_change_requested',
  'email.change_failed': 'activity.event.email_change_failed',
  'email.changed': 'activity.event.email_changed',
  'email.corrected': 'activity.event.email_corrected',
  'email.verified': 'activity.event.email_verified',
  'user.invited': 'activity.event.user_invited',
  'invite.accepted': 'activity.event.invite_accepted',
  'device.allowed': 'activity.event.device_allowed',
  'account.frozen': 'activity.event.account_frozen',
  'reauthentication.succeeded': 'activity.event.reauthentication_succeeded',
  'reauthentication.failed': 'activity.event.reauthentication_failed',
  'factor.enrolled': 'activity.event.factor_enrolled',
  'factor.enrolled totp': 'activity.event.factor_enrolled_totp',
  'factor.enrolled passkey': 'activity.event.factor_enrolled_passkey',
  'factor.removed': 'activity.event.factor_removed',
  'factor.removed totp': 'activity.event.factor_removed_totp',
  'factor.removed passkey': 'activity.event.factor_removed_passkey',
  'identity.linked': 'activity.event.identity_linked',
  'identity.removed': 'activity.event.identity_removed',
  'factor.renamed': 'activity.event.factor_renamed',
  'factor.failed': 'activity.event.factor_failed',
  'factor.closed': 'activity.event.factor_closed',
  'recovery_codes.renewed': 'activity.event.recovery_codes_renewed',
  'recovery_code.used': 'activity.event.recovery_code_used',
  'factors.reset': 'activity.event.factors_reset',
  'passkey.counter_back': 'activity.event.passkey_counter_back',
  'token.revoked': 'activity.event.token_revoked',
  'session.ended': 'activity.event.session_ended',
  'session.ended logout': 'activity.event.session_ended_logout',
  'session.ended logout_all': 'activity.event.session_ended_logout_all',
  'session.ended replaced': 'activity.event.session_ended_replaced',
  'session.ended ended_by_user': 'activity.event.session_ended_ended_by_user',
  'session.ended too_many': 'activity.event.session_ended_too_many',
  'session.ended disabled': 'activity.event.session_ended_disabled',
  'session.ended operator': 'activity.event.session_ended_operator',
  'session.ended factor_changed': 'activity.event.session_ended_factor_changed',
  'session.ended role_changed': 'activity.event.session_ended_role_changed',
  'session.ended identity_changed': 'activity.event.session_ended_identity_changed',
  'session.ended password_changed': 'activity.event.session_ended_password_changed',
  'session.ended password_reset': 'activity.event.session_ended_password_reset',
  'session.ended frozen': 'activity.event.session_ended_frozen',
  'session.ended ended_by_service': 'activity.event.session_ended_ended_by_service',
  'session.ended reasserted': 'activity.event.session_ended_reasserted',
  'session.ended upstream_logout': 'activity.event.session_ended_upstream_logout',
  logout_all: 'activity.event.logout_all',
} as const;

type EventKey = (typeof sentences)[keyof typeof sentences];
const known: Readonly<Record<string, EventKey>> = sentences;

/** @returns undefined for a type that these pages do not know yet */
export const eventKey = ({ type, details }: Event): EventKey | undefined =>
  known[`${type} ${detailOf(type, details)}`] ?? known[type];

function detailOf(type: string, { reason, kind, methods, ended, provider }: Event['details']): string {
  if (type === 'login.succeeded' && provider !== undefined) return 'upstream';
  if (type === 'refresh.reused') return ended === true ? 'ended' : '';
  if (!Array.isArray(methods)) return [reason, kind].find((each) => typeof each === 'string') ?? '';
  if (methods.includes('pwd') && methods.includes('mfa')) return '2fa';
  if (methods.includes('pop')) return 'passkey';
  return methods.length === 0 ? 'mail' : String(methods[0]);
}
