// The key of a mark: which scope a route for services needs (for-services.decorator.ts).
export const NEEDS_SCOPE = Symbol('needs scope');
