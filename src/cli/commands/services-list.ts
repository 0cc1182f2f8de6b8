// services list: shows the services and what they may do, never a secret.
import * as z from 'zod';
import { type ListedService, Services } from '../../siblings/services.js';
import { command } from '../command.js';
import { flag } from '../input.js';

export const servicesList = command({
  name: 'services list',
  usage: '[--all]',
  about: 'list the services and what they may do',
  options: { '--all': 'include services that were removed' },
  needs: 'tables',
  input: z.object({ all: flag }),
  async run(desk, { all }) {
    const listed = await desk.get(Services).list();
    const services = listed.filter(({ removedAt }) => all || removedAt === null);
    return { sentence: services.map(lineOf).join('\n') || 'No services.', result: { services } };
  },
});

function lineOf({ name, clientId, scopes, audiences, resources, ...service }: ListedService): string {
  const lists = Object.entries({ scopes, audiences, resources })
    .filter(([, values]) => values.length > 0)
    .map(([what, values]) => `${what}: ${values.join(' ')}`);
  const age = service.removedAt ? `removed ${dayOf(service.removedAt)}` : `since ${dayOf(service.createdAt)}`;
  return [name, clientId, age, ...(service.isRotating ? ['two secrets'] : []), ...lists].join('  ');
}

const dayOf = (time: string) => time.slice(0, 10);
