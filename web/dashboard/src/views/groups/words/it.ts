// Dando del tu, chiaro e breve.

import type { WordKey } from './en';

export const it: Record<WordKey, string> = {
  title: 'Gruppi',
  why: 'Un gruppo è un nome e degli agenti: «Ordini», per esempio. Una conversazione riceve il suo gruppo dalla pagina, da un trigger, da uno scenario, da un agente o dalla scelta del cliente al primo messaggio.',
  loading: 'Carico i gruppi',
  failed: 'Non è stato possibile caricare i gruppi.',
  retry: 'Riprova',
  none: 'Ancora nessun gruppo',
  none_why: 'Con i gruppi le conversazioni arrivano a chi se ne intende. A un gruppo servono un nome e qualcuno dentro.',
  add: 'Aggiungi un gruppo',
  name: 'Nome, che vedono anche i clienti',
  agents: 'Chi ne fa parte',
  unnamed: 'Gruppo nuovo',
  nobody: 'Non c’è nessuno: non si offre a nessun cliente.',
  gone: 'Non è più nel team',
  used_trigger: '«{{name}}» non si può eliminare: lo usa il trigger «{{trigger}}».',
  used_look: 'Cambia il trigger',
  most: 'Ci sono 50 gruppi, che è il massimo.',
};
