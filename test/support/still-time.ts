// A service for which time stands still but for `advance`: on a slow machine a delay would be over before its test is.
import { type Service, startServiceForTest } from './service.js';

export async function stopTime(service: Service): Promise<Service> {
  await service.query(`CREATE OR REPLACE FUNCTION protocol_now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE
    AS 'SELECT timestamptz ''${new Date().toISOString()}'' + shift FROM public.test_clock'`);
  return service;
}

export const startStill = async (settings: Record<string, string> = {}): Promise<Service> =>
  stopTime(await startServiceForTest(settings));

/** The same for the clock of the process. */
export function stopClock({ clock }: Service): void {
  const stopped = clock.now().getTime() - clock.shiftSeconds * 1_000;
  clock.now = () => new Date(stopped + clock.shiftSeconds * 1_000);
}
