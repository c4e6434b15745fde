// De tú, claro y breve.

import type { WordKey } from './en';

export const es: Record<WordKey, string> = {
  title: 'Grupos',
  why: 'Un grupo es un nombre y unos agentes: «Pedidos», por ejemplo. Una conversación recibe su grupo de la página, de un disparador, de un escenario, de un agente o de lo que el cliente elija en su primer mensaje.',
  loading: 'Cargando los grupos',
  failed: 'No se han podido cargar los grupos.',
  retry: 'Intentar de nuevo',
  none: 'Aún no hay grupos',
  none_why: 'Con grupos, las conversaciones llegan a quien sabe del tema. Un grupo necesita un nombre y alguien dentro.',
  add: 'Añadir un grupo',
  name: 'Nombre, que también ven los clientes',
  agents: 'Quién está en él',
  unnamed: 'Grupo nuevo',
  nobody: 'No hay nadie en él: no se ofrece a ningún cliente.',
  gone: 'Ya no está en el equipo',
  used_trigger: '«{{name}}» no se puede eliminar: lo usa el disparador «{{trigger}}».',
  used_look: 'Cambiar el disparador',
  most: 'Hay 50 grupos, que es el máximo.',
};
