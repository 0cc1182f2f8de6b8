// services remove: ends a service's secrets and its tokens.
import * as z from 'zod';
import { serviceName } from '../../siblings/service-rights.js';
import { Services } from '../../siblings/services.js';
import { asDryRun, command } from '../command.js';
import { flag } from '../input.js';
import { noSuchService, serviceNamed } from '../named-service.js';

export const servicesRemove = command({
  name: 'services remove',
  usage: 'NAME',
  about: 'end the secrets and the tokens of a service',
  argument: ['[name]', 'the name of the service'],
  hasDryRun: true,
  needs: 'tables',
  input: z.object({ name: serviceName, dryRun: flag }),
  async run(desk, { name, dryRun }) {
    const { clientId } = await serviceNamed(desk, name);
    const result = { dryRun, service: name, clientId };
    if (dryRun) return { sentence: asDryRun(`${name} would be removed.`), result };
    const removed = await desk.get(Services).remove(name, 'operator', desk.caller);
    if (!removed) throw noSuchService(name);
    return { sentence: `${name} is removed; its secrets and its tokens have ended.`, result };
  },
});
