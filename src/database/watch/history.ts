// Which database system, and which of its histories: written `system/timeline`, the timeline as in the names of WAL files.

const partsOf = (history: string) => {
  const [system = '', timeline = ''] = history.split('/');
  return { system, timeline: parseInt(timeline, 16) };
};

export const timelineOf = (history: string): number => partsOf(history).timeline;

/** A primary that had been deposed is in use again: all that its successor has committed is lost. */
export function isStepBack(from: string, to: string): boolean {
  return partsOf(from).system === partsOf(to).system && timelineOf(to) < timelineOf(from);
}
