export const en = {
  title: 'Groups',
  why: 'A group is a name and agents: “Orders”, say. A conversation gets its group from the page, a trigger, a scenario, an agent, or the shopper’s choice at the first message.',
  loading: 'Loading the groups',
  failed: 'The groups could not be loaded.',
  retry: 'Try again',
  none: 'No groups yet',
  none_why: 'With groups, conversations reach those who know about them. A group needs a name and somebody in it.',
  add: 'Add a group',
  name: 'Name, which shoppers see too',
  agents: 'Who is in it',
  unnamed: 'New group',
  nobody: 'Nobody is in it: it is offered to no shopper.',
  gone: 'No longer in the team',
  used_trigger: '“{{name}}” cannot be deleted: the trigger “{{trigger}}” uses it.',
  used_look: 'Change the trigger',
  most: 'There are 50 groups, which is the most.',
} as const;

export type WordKey = keyof typeof en;
