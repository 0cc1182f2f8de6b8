// Every command, in the order of the help.
import type { CliCommand } from '../command.js';
import { keysImport } from './keys-import.js';
import { keysList } from './keys-list.js';
import { keysRevoke } from './keys-revoke.js';
import { keysRewrap } from './keys-rewrap.js';
import { keysRotate } from './keys-rotate.js';
import { mailList } from './mail-list.js';
import { mailRetry } from './mail-retry.js';
import { migrate } from './migrate.js';
import { servicesAdd } from './services-add.js';
import { servicesList } from './services-list.js';
import { servicesRemove } from './services-remove.js';
import { servicesRotateSecret } from './services-rotate-secret.js';
import { sessionsEnd } from './sessions-end.js';
import { upstreamCheck } from './upstream-check.js';
import { usersCreateAdmin } from './users-create-admin.js';
import { usersDisable, usersEnable } from './users-disable.js';
import { usersEmail } from './users-email.js';
import { usersExport } from './users-export.js';
import { usersImport } from './users-import.js';
import { usersInvite } from './users-invite.js';
import { usersList, usersShow } from './users-list.js';
import { usersResetFactors } from './users-reset-factors.js';
import { usersRole } from './users-role.js';
import { usersUnlock } from './users-unlock.js';

export const commands: readonly CliCommand[] = [
  ...[migrate, sessionsEnd],
  ...[
    usersList,
    usersShow,
    usersDisable,
    usersEnable,
    usersUnlock,
    usersResetFactors,
    usersRole,
    usersEmail,
    usersInvite,
    usersCreateAdmin,
    usersImport,
    usersExport,
  ],
  ...[servicesList, servicesAdd, servicesRotateSecret, servicesRemove],
  ...[mailList, mailRetry],
  upstreamCheck,
  ...[keysList, keysRotate, keysImport, keysRevoke, keysRewrap],
];
