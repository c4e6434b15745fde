// Com você, claro e curto.

import type { WordKey } from './en';

export const pt: Record<WordKey, string> = {
  title: 'Grupos',
  why: 'Um grupo é um nome e agentes: “Pedidos”, por exemplo. Uma conversa recebe seu grupo da página, de um gatilho, de um roteiro, de um agente ou da escolha do cliente na primeira mensagem.',
  loading: 'Carregando os grupos',
  failed: 'Não foi possível carregar os grupos.',
  retry: 'Tentar de novo',
  none: 'Ainda não há grupos',
  none_why: 'Com grupos, as conversas chegam a quem entende do assunto. Um grupo precisa de um nome e de alguém nele.',
  add: 'Adicionar um grupo',
  name: 'Nome, que os clientes também veem',
  agents: 'Quem está nele',
  unnamed: 'Grupo novo',
  nobody: 'Ninguém está nele: não é oferecido a nenhum cliente.',
  gone: 'Não está mais na equipe',
  used_trigger: '“{{name}}” não pode ser excluído: o gatilho “{{trigger}}” o usa.',
  used_look: 'Mudar o gatilho',
  most: 'Há 50 grupos, que é o máximo.',
};
