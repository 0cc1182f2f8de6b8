// The pages of a person who is signed in, by their names in the address.
import type { ComponentType } from 'preact';
import '../style/account.css';
import '../style/admin.css';
import { ActivityPage } from './activity.js';
import { AdminPage } from './admin.js';
import { ConnectionsPage } from './connections.js';
import { DeletePage } from './delete.js';
import { DevicesPage } from './devices.js';
import { FactorsPage } from './factors.js';
import { PasswordPage } from './password.js';
import { ProfilePage } from './profile.js';

export const signedInPages: Readonly<Record<string, ComponentType>> = {
  '': ProfilePage,
  password: PasswordPage,
  factors: FactorsPage,
  connections: ConnectionsPage,
  devices: DevicesPage,
  activity: ActivityPage,
  delete: DeletePage,
  admin: AdminPage,
};
