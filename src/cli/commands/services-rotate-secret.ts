// services rotate-secret: gives a service a new secret beside the present one, and later ends the old one.
import * as z from 'zod';
import { serviceName } from '../../siblings/service-rights.js';
import { Services } from '../../siblings/services.js';
import { asDryRun, command } from '../command.js';
import { Failure } from '../failure.js';
import { flag } from '../input.js';
import { noSuchService, serviceNamed } from '../named-service.js';

export const servicesRotateSecret = command({
  name: 'services rotate-secret',
  usage: 'NAME [--end-previous]',
  about: 'give a service a new secret, or end its previous one',
  details:
    'Both secrets count until --end-previous, or until the next rotation. The tokens that a secret got end with it.',
  argument: ['[name]', 'the name of the service'],
  options: { '--end-previous': 'make no new secret, but end the previous one' },
  hasDryRun: true,
  needs: 'tables',
  input: z.object({ name: serviceName, endPrevious: flag, dryRun: flag }),
  async run(desk, { name, endPrevious, dryRun }) {
    const { clientId, isRotating } = await serviceNamed(desk, name);
    if (endPrevious && !isRotating) throw onlyOne(name);
    const result = { dryRun, service: name, clientId };
    if (dryRun) return { sentence: asDryRun(planned(name, endPrevious, isRotating)), result };
    if (endPrevious) {
      if (!(await desk.get(Services).endPreviousSecret(name, 'operator', desk.caller))) throw onlyOne(name);
      return { sentence: `The previous secret of ${name} has ended, with the tokens that it got.`, result };
    }
    const rotated = await desk.get(Services).rotateSecret(name, 'operator', desk.caller);
    if (!rotated) throw noSuchService(name);
    const { secret } = rotated;
    const sentence = `${name} has a new secret, shown this once; the one before counts on.\nclient_secret: ${secret}`;
    return { sentence, result: { ...result, secret } };
  },
});

const onlyOne = (name: string) => Failure.of('no_previous_secret', `${name} has one secret only.`);

function planned(name: string, endPrevious: boolean, isRotating: boolean): string {
  if (endPrevious) return `the previous secret of ${name} would end.`;
  return `${name} would have a new secret${isRotating ? '; its previous one would end at once.' : '.'}`;
}
