// services add: lets a service call the OAuth routes, and shows its secret once.
import * as z from 'zod';
import { serviceName, serviceRights } from '../../siblings/service-rights.js';
import { Services } from '../../siblings/services.js';
import { asDryRun, command } from '../command.js';
import { Failure } from '../failure.js';
import { flag } from '../input.js';
import { findService } from '../named-service.js';

export const servicesAdd = command({
  name: 'services add',
  usage: 'NAME [--scope SCOPE]… [--audience AUDIENCE]… [--resource URI]…',
  about: 'add a service, and show its secret this once',
  details:
    'introspect and revoke are scopes for Watchword itself; others appear in the tokens that the service gets.\nWithout --audience it may introspect the tokens that Watchword itself takes. Without --resource it gets no tokens.',
  argument: ['[name]', 'how events and lists call it'],
  options: {
    '--scope <scope>...': 'what it may do; may be given several times',
    '--audience <audience>...': 'what it is as an `aud`: tokens for it are active to it',
    '--resource <uri>...': 'whom it may call: the `aud` of its own tokens',
  },
  hasDryRun: true,
  needs: 'tables',
  input: z.object({ name: serviceName, ...serviceRights, dryRun: flag }),
  async run(desk, { name, scope: scopes, audience: audiences, resource: resources, dryRun }) {
    const rights = { scopes, audiences, resources };
    if (dryRun) {
      if (await findService(desk, name)) throw taken(name);
      return { sentence: asDryRun(`${name} would be added.`), result: { dryRun, service: name, ...rights } };
    }
    const added = await desk.get(Services).add(name, rights, 'operator', desk.caller);
    if (!added) throw taken(name);
    const credentials = `client_id:     ${added.clientId}\nclient_secret: ${added.secret}`;
    const sentence = `Added ${name}. The secret is shown this once.\n${credentials}`;
    return { sentence, result: { dryRun, service: name, ...rights, ...added } };
  },
});

const taken = (name: string) => Failure.of('service_exists', `There is a service ${name} already.`);
