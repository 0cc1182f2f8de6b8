// Finds the service that a command names.
import { type ListedService, Services } from '../siblings/services.js';
import type { Desk } from './command.js';
import { Failure } from './failure.js';

export async function findService(desk: Desk, name: string): Promise<ListedService | undefined> {
  const all = await desk.get(Services).list();
  return all.find((each) => each.name === name && each.removedAt === null);
}

/** @throws Failure `no_such_service` */
export async function serviceNamed(desk: Desk, name: string): Promise<ListedService> {
  const found = await findService(desk, name);
  if (!found) throw noSuchService(name);
  return found;
}

export const noSuchService = (name: string) => Failure.of('no_such_service', `No such service: ${name}.`);
