/** Something that the files do not decide. `answer` is the one taken; the first, which lets least through, unless another was given. */
export type Question = {
  id: 'advanced' | 'green';
  text: string;
  answer: string;
  answers: { value: string; label: string }[];
};

/** The questions that these files leave. `asked`: rules that depend on advanced mode; `said`: the settings say that it was off. */
export const questionsOf = ({
  asked,
  said,
  advanced,
  access,
  green,
}: {
  asked: number;
  said: boolean;
  advanced: string;
  access: string | null;
  green: string;
}): Question[] => [
  ...(asked === 0
    ? []
    : [
        {
          id: 'advanced' as const,
          text:
            `${said ? 'Advanced mode was off' : 'The files do not say whether advanced mode was on'}, and ${asked === 1 ? 'one rule uses' : `${asked} rules use`} it. ` +
            'With it off, the old box did not apply such rules and ignored time frames and source ports. What is to count?',
          answer: advanced,
          answers: [
            { value: 'closed', label: 'Whatever lets less through' },
            {
              value: 'as-written',
              label: 'What is written: the rules are in force with their time frames and source ports',
            },
            {
              value: 'as-ran',
              label: 'What the old box did: the rules are off, time frames and source ports are left out',
            },
          ],
        },
      ]),
  ...(access === null || access === 'closed'
    ? []
    : [
        {
          id: 'green' as const,
          text: `On IPCop 2 the policy of Green was ${access}: beyond its rules Green could ${access === 'open' ? 'reach everything' : 'use the services of the box'}. Is that to stay so?`,
          answer: green,
          answers: [
            { value: 'closed', label: 'No: what matches no rule is denied; the rules for it come in disabled' },
            { value: 'as-written', label: 'Yes: rules for it stand behind the others, in force' },
          ],
        },
      ]),
];
