import { AgentRefusal } from '../agent/client.ts';
import { type Faults, fault } from './form.ts';
import { problemText } from './save.ts';

/**
 * A refusal that belongs beside a field; anything else is thrown on. `fieldOf` names the form's field of the agent's place; what it does
 * not know goes to the first of them.
 */
export const refusalFaults = (error: unknown, fieldOf: Record<string, string>): Faults => {
  if (!(error instanceof AgentRefusal) || ![400, 403, 404, 409, 422, 429].includes(error.status)) throw error;
  const wait = error.retryAfter > 0 ? ` Try again in ${Math.ceil(error.retryAfter)} seconds.` : '';
  const field = fieldOf[error.problems[0]?.place ?? ''] ?? Object.values(fieldOf)[0] ?? '';
  return fault(field, `${problemText(error.problems) || error.message}${wait}`);
};
