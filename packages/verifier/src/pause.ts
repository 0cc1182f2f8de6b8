// A wait that ends early when the verifier is closed, and does not keep the process alive.

export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      done();
    };
    const timer = setTimeout(end, milliseconds);
    timer.unref();
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}
