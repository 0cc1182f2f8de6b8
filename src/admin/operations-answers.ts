// What administrators see of the service itself.
import * as z from 'zod';
import type { ListedService } from '../siblings/services.js';

const time = z.iso.datetime();

export const servicesAnswer = z.object({
  services: z.array(
    z
      .object({
        ...{ clientId: z.string(), name: z.string() },
        ...{ scopes: z.array(z.string()), audiences: z.array(z.string()), resources: z.array(z.string()) },
        ...{ createdAt: time, rotatedAt: time.nullable(), removedAt: time.nullable() },
        rotating: z.boolean().meta({ description: 'Two secrets count.' }),
      })
      .meta({ id: 'AdminService' }),
  ),
});

export const keysAnswer = z.object({
  nextRotationAt: time.nullable(),
  keys: z.array(
    z
      .object({
        ...{ kid: z.string(), alg: z.string(), bits: z.int() },
        state: z.enum(['standby', 'signing', 'retired', 'removed', 'revoked']),
        ...{ publishedAt: time, activateAt: time.nullable(), retireAt: time.nullable(), removeAt: time.nullable() },
        revokedAt: time.nullable(),
      })
      .meta({ id: 'AdminKey' }),
  ),
});

export const mailAnswer = z.object({
  ...{ waiting: z.int(), dead: z.int(), oldestSeconds: z.number() },
  mails: z.array(
    z
      .object({
        ...{ id: z.uuid(), kind: z.string(), createdAt: time, attempts: z.int() },
        ...{ nextAttemptAt: time, sendBefore: time, deadAt: time.nullable(), reason: z.string().nullable() },
      })
      .meta({ id: 'AdminMail' }),
  ),
});

const count = z.int();

export const figuresAnswer = z.object({
  at: time,
  roles: z.array(z.string()).meta({ description: 'That a user may have, the mightiest last.' }),
  users: count.nullable().meta({ description: 'Null where counting took too long.' }),
  sessions: count.nullable().meta({ description: 'That can refresh; null where counting took too long.' }),
  lastHour: z.object({ signIns: count, refusals: count, alerts: count }),
  ...{ mailWaiting: count, mailDead: count, alertsWaiting: count, revocationsWaiting: count },
});

export const toListedService = ({ isRotating, scopes, audiences, resources, ...service }: ListedService) => ({
  ...{ ...service, rotating: isRotating },
  ...{ scopes: [...scopes], audiences: [...audiences], resources: [...resources] },
});
