// The scenario as a picture. What is drawn here the forms beside it say too: nothing needs a mouse.

import '@xyflow/react/dist/base.css';
import { BaseEdge, type Connection, type Edge, EdgeLabelRenderer, type EdgeProps, Handle, MarkerType, MiniMap, type Node, type NodeChange, type NodeProps, Panel, Position, ReactFlow, ReactFlowProvider, applyNodeChanges, getBezierPath, getViewportForBounds, useReactFlow, useUpdateNodeInternals } from '@xyflow/react';
import { CircleHelp, CircleStop, CornerDownRight, MessageCircleQuestion, Maximize, Minus, MousePointerClick, Plus, TriangleAlert, UserRound, Wand2 } from 'lucide-react';
import { memo, useEffect, useMemo, useRef, useState } from 'react';
import { useMedia, useText } from '../../hooks';
import { useEditing } from './editing';
import { WIDTH, heightOf, layout } from './layout';
import * as model from './model';
import { type StepView, useStepViews } from './step-views';
import { useWords } from './words';

/** Only what is drawn: a node is drawn anew when one of these is another. */
type StepData = { view: StepView; current: boolean };
type StepNode = Node<StepData, 'step'>;
type BeginNode = Node<{ way: 'first' | 'offline'; words: string; led: boolean }, 'begin'>;
type AnyNode = StepNode | BeginNode;

const ICONS = { buttons: MousePointerClick, go: CornerDownRight, ask: MessageCircleQuestion, hand_over: UserRound, end: CircleStop, none: CircleHelp };
const READABLE = 0.65;
const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
const BEGIN = { first: 'begin:first', offline: 'begin:offline' } as const;
const NODES = { step: memo(StepBox), begin: memo(BeginBox) };
const EDGES = { way: WayEdge };

export function Picture() {
  return (
    <ReactFlowProvider>
      <Canvas />
    </ReactFlowProvider>
  );
}

function same(a: AnyNode, b: AnyNode): boolean {
  if (a.type === 'step' && b.type === 'step') return a.data.view === b.data.view && a.data.current === b.data.current;
  return a.type === 'begin' && b.type === 'begin' && a.data.words === b.data.words && a.data.led === b.data.led;
}

/** An exit as the handle of a node. */
const handleOf = (exit: model.Exit): [node: string, handle: string] =>
  exit.from === 'first' || exit.from === 'offline' ? [BEGIN[exit.from], exit.from] : exit.from === 'button' ? [exit.step, `button:${exit.button}`] : [exit.step, exit.way];

function exitOf(node: string, handle: string | null | undefined): model.Exit | null {
  if (node === BEGIN.first) return { from: 'first' };
  if (node === BEGIN.offline) return { from: 'offline' };
  if (handle?.startsWith('button:') === true) return { from: 'button', step: node, button: handle.slice(7) };
  return handle === 'next' || handle === 'offline' ? { from: 'step', step: node, way: handle } : null;
}

function Canvas() {
  const t = useWords();
  const { language: page } = useText();
  const editing = useEditing();
  const views = useStepViews();
  const { value, change, selected, select, announce } = editing;
  const flow = useReactFlow<AnyNode>();
  const still = useMedia('(prefers-reduced-motion: reduce)');
  const small = useMedia('(max-width: 759.98px)');
  const duration = still ? 0 : 180;
  const [nodes, setNodes] = useState<AnyNode[]>([]);
  // Several may be chosen here, to be moved or deleted together. They come one by one, before what the last one changed is drawn.
  const chosen = useRef<ReadonlySet<string>>(new Set());
  /** While the picture is moved under the eyes of whoever looks at it. A movement that the next one, or a hand, cuts short never says that it ended: only the last one's end counts. */
  const [travels, setTravels] = useState(false);
  const latest = useRef(0);
  const travel = async (there: () => Promise<unknown>) => {
    const mine = ++latest.current;
    setTravels(true);
    await there();
    if (mine === latest.current) setTravels(false);
  };
  const takenInHand = () => {
    latest.current += 1;
    setTravels(false);
  };
  const [chosenEdge, setChosenEdge] = useState<string | null>(null);
  const left = value.steps.length === 0 ? 0 : Math.min(...value.steps.map((step) => step.x));
  const top = model.stepOf(value, value.first)?.y ?? 0;

  const drawn = useMemo<AnyNode[]>(() => {
    const begin = (way: 'first' | 'offline', at: number): BeginNode => {
      const to = way === 'first' ? value.first : (value.offline ?? '');
      const led = model.stepOf(value, to) !== undefined;
      const words = t(way === 'first' ? 'begin.first' : led ? 'begin.offline' : 'begin.offline_none');
      return { id: BEGIN[way], type: 'begin', position: { x: left - 240, y: top + at }, data: { way, words, led }, draggable: false, deletable: false, selectable: false, focusable: false, ariaLabel: words };
    };
    const steps = value.steps.map((step): StepNode => {
      const view = views.get(step.id)!;
      return { id: step.id, type: 'step', position: { x: step.x, y: step.y }, data: { view, current: editing.current === step.id }, ariaLabel: `${view.number}. ${view.title}. ${view.kindWords}. ${view.faultWords}` };
    });
    return [begin('first', 24), begin('offline', 80), ...steps];
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- what is read of `editing` follows from these
  }, [value, editing.language, editing.faults, editing.current, editing.site, left, top, page]);

  if (selected === null ? chosen.current.size === 1 : !chosen.current.has(selected)) chosen.current = new Set(selected === null ? [] : [selected]);

  // What was measured stays, and a node in which nothing has changed stays the object that it was.
  useEffect(() => {
    setNodes((before) => {
      const known = new Map(before.map((node) => [node.id, node]));
      return drawn.map((node) => {
        const old = known.get(node.id);
        const selected = chosen.current.has(node.id);
        if (old === undefined) return { ...node, selected };
        if (same(old, node) && old.position.x === node.position.x && old.position.y === node.position.y && (old.selected ?? false) === selected) return old;
        return { ...old, ...node, selected, data: same(old, node) ? old.data : node.data } as AnyNode;
      });
    });
  }, [drawn, selected]);

  const drawnEdges = useRef(new Map<string, { key: string; edge: Edge }>());
  const edges = useMemo<Edge[]>(() => {
    const ways = [...model.beginnings(value), ...value.steps.flatMap(model.waysOf)].filter(({ to }) => model.stepOf(value, to) !== undefined);
    const bottom = (id: string) => {
      const step = model.stepOf(value, id);
      return step === undefined ? 0 : step.y + heightOf(step);
    };
    return ways.map(({ exit, to }, n) => {
      const [source, sourceHandle] = handleOf(exit);
      // For a way that leads back: under both of its ends, and not quite on another.
      const under = Math.max(bottom(source), bottom(to)) + 18 + (n % 4) * 7;
      const id = `${source}|${sourceHandle}`;
      const offline = exit.from === 'offline' || (exit.from === 'step' && exit.way === 'offline');
      const key = [to, under, chosenEdge === id, t('way.remove')].join('|');
      const old = drawnEdges.current.get(id);
      if (old?.key === key) return old.edge;
      const edge: Edge = { id, type: 'way', source, sourceHandle, target: to, targetHandle: 'in', selected: chosenEdge === id, deletable: exit.from !== 'first', className: offline ? 'way-offline' : '', markerEnd: { type: MarkerType.ArrowClosed, width: 16, height: 16, color: 'var(--way)' }, data: { remove: exit.from === 'first' ? null : t('way.remove'), under } };
      drawnEdges.current.set(id, { key, edge });
      return edge;
    });
  }, [value, chosenEdge, t]);

  const onNodesChange = (changes: NodeChange<AnyNode>[]) => {
    setNodes((before) => applyNodeChanges(changes, before));
    // Keys move what is chosen without a drag that would end.
    const moved = new Map(changes.flatMap((one) => (one.type === 'position' && one.position !== undefined && one.dragging !== true ? [[one.id, one.position] as const] : [])));
    if (moved.size > 0) change((scenario) => model.place(scenario, moved), `place ${[...moved.keys()].join()}`);
    const selections = changes.flatMap((one) => (one.type === 'select' ? [one] : []));
    if (selections.length === 0) return;
    const now = new Set(chosen.current);
    for (const one of selections) {
      if (one.selected) now.add(one.id);
      else now.delete(one.id);
    }
    chosen.current = now;
    const only = now.size === 1 ? [...now][0]! : null;
    if (only !== null || now.size === 0) select(only);
    if (now.size > 0) setChosenEdge(null);
  };
  /** All of it. At once, where the library's own way to it waits to be drawn: movements then begin in the order in which they are asked for. */
  const whole = async (animated: number): Promise<unknown> => {
    const box = canvas.current?.getBoundingClientRect();
    if (box === undefined) return undefined;
    return flow.setViewport(getViewportForBounds(flow.getNodesBounds(flow.getNodes()), box.width, box.height, 0.08, 1, 0.08), { duration: animated });
  };
  /** All of it where one can still read it; otherwise from its beginning. */
  const overview = async (animated: number): Promise<unknown> => {
    const box = canvas.current?.getBoundingClientRect();
    if (box === undefined) return undefined;
    const bounds = flow.getNodesBounds(flow.getNodes());
    const zoom = Math.min(1, (box.width - 64) / bounds.width, (box.height - 128) / bounds.height);
    const begin = flow.getInternalNode(BEGIN.first);
    if (zoom >= READABLE || begin === undefined) return whole(animated);
    const { x, y } = begin.internals.positionAbsolute;
    // As much of what follows as there is room for, the beginning to the left of it.
    const above = Math.min(box.height / 2, Math.max(80, (y - bounds.y) * READABLE + 80));
    return flow.setViewport({ zoom: READABLE, x: 32 - x * READABLE, y: above - y * READABLE }, { duration: animated });
  };
  const add = () => {
    const middle = canvas.current?.getBoundingClientRect();
    const id = model.freshStep(value);
    const at = middle === undefined ? undefined : flow.screenToFlowPosition({ x: middle.x + middle.width / 2, y: middle.y + middle.height / 2 });
    change((scenario) => model.addStep(scenario, at === undefined ? {} : { place: { x: at.x - WIDTH / 2, y: at.y - 60 } }));
    editing.jump(id, `texts.${editing.language}`);
  };
  const arrange = () => {
    change((scenario) => model.place(scenario, layout(scenario)));
    announce(t('picture.arranged'));
    // When they stand where they are to stand.
    setTravels(true);
    void frame().then(frame).then(() => travel(() => overview(duration)));
  };
  const connect = (connection: Connection) => {
    const exit = exitOf(connection.source, connection.sourceHandle);
    if (exit !== null) change((scenario) => model.lead(scenario, exit, connection.target));
  };
  const canvas = useRef<HTMLDivElement>(null);
  // What is chosen in the list of what is wrong, or reached by a jump, comes into sight.
  useEffect(() => {
    const node = selected === null ? undefined : flow.getInternalNode(selected);
    const box = canvas.current?.getBoundingClientRect();
    if (node === undefined || box === undefined) return;
    const at = flow.flowToScreenPosition(node.internals.positionAbsolute);
    const seen = at.x >= box.left - 40 && at.x <= box.right - 80 && at.y >= box.top - 20 && at.y <= box.bottom - 60;
    if (!seen) void travel(() => flow.setCenter(node.internals.positionAbsolute.x + WIDTH / 2, node.internals.positionAbsolute.y + 80, { zoom: Math.max(0.6, flow.getZoom()), duration }));
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- when another is chosen
  }, [selected, flow, duration]);
  // And so does where the trial has come to.
  useEffect(() => {
    const node = editing.current === null ? undefined : flow.getInternalNode(editing.current);
    if (node !== undefined) void travel(() => flow.setCenter(node.internals.positionAbsolute.x + WIDTH / 2, node.internals.positionAbsolute.y + 80, { zoom: Math.max(0.6, flow.getZoom()), duration }));
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- when it has come to another
  }, [editing.current, flow, duration]);

  return (
    <div className="picture-canvas" ref={canvas} tabIndex={-1} data-testid="picture" aria-busy={travels}>
      <ReactFlow<AnyNode>
        nodes={nodes}
        edges={edges}
        nodeTypes={NODES}
        edgeTypes={EDGES}
        onNodesChange={onNodesChange}
        onNodeDragStop={(_, __, dragged) => change((scenario) => model.place(scenario, new Map(dragged.map((node) => [node.id, node.position]))))}
        onSelectionDragStop={(_, dragged) => change((scenario) => model.place(scenario, new Map(dragged.map((node) => [node.id, node.position]))))}
        onConnect={connect}
        onReconnect={(old, connection) => {
          const [was, is] = [exitOf(old.source, old.sourceHandle), exitOf(connection.source, connection.sourceHandle)];
          if (was === null || is === null) return;
          change((scenario) => model.lead(old.source === connection.source && old.sourceHandle === connection.sourceHandle ? scenario : model.lead(scenario, was, ''), is, connection.target));
        }}
        onConnectEnd={(event, connection) => {
          // Let go over nothing: there is a new step.
          if (connection.isValid === true || connection.toNode !== null || connection.fromNode === null || connection.fromHandle?.type !== 'source') return;
          const exit = exitOf(connection.fromNode.id, connection.fromHandle.id);
          const point = 'changedTouches' in event ? event.changedTouches[0]! : event;
          const at = flow.screenToFlowPosition({ x: point.clientX, y: point.clientY });
          if (exit === null || value.steps.length >= model.MAX_STEPS) return;
          const id = model.freshStep(value);
          change((scenario) => model.addStep(scenario, { from: exit, place: { x: at.x, y: at.y - 40 } }));
          select(id);
        }}
        isValidConnection={({ target }) => model.stepOf(value, target) !== undefined}
        onDelete={({ nodes: gone, edges: cut }) => {
          const ids = gone.map((node) => node.id);
          change((scenario) =>
            cut.reduce((left, edge) => {
              const exit = exitOf(edge.source, edge.sourceHandle);
              return exit === null ? left : model.lead(left, exit, '');
            }, model.removeSteps(scenario, ids)),
          );
          if (ids.length > 0) announce(t('picture.deleted', { count: ids.length }));
          // What had the focus is gone: keys (to undo it) go on from here.
          canvas.current?.focus();
        }}
        onEdgesChange={(changes) => {
          for (const one of changes) if (one.type === 'select') setChosenEdge((before) => (one.selected ? one.id : before === one.id ? null : before));
        }}
        onPaneClick={() => select(null)}
        onMoveStart={(event) => {
          if (event) takenInHand();
        }}
        deleteKeyCode={['Delete', 'Backspace']}
        zoomOnDoubleClick={false}
        edgesFocusable={false}
        minZoom={0.08}
        maxZoom={1.6}
        onInit={() => void frame().then(() => overview(0))}
        attributionPosition="bottom-center"
        connectionRadius={32}
        ariaLabelConfig={{ 'node.a11yDescription.default': t('picture.node_help'), 'node.a11yDescription.keyboardDisabled': t('picture.node_help'), 'node.a11yDescription.ariaLiveMessage': ({ x, y }) => t('picture.moved', { x: Math.round(x), y: Math.round(y) }), 'edge.a11yDescription.default': t('picture.node_help'), 'minimap.ariaLabel': t('picture.map'), 'handle.ariaLabel': t('picture.handle') }}
      >
        <Panel position="top-left" className="picture-tools">
          <button type="button" className="button" disabled={value.steps.length >= model.MAX_STEPS} onClick={add}>
            <Plus size={16} strokeWidth={1.75} aria-hidden="true" />
            {t('step.add')}
          </button>
          <button type="button" className="button" onClick={arrange}>
            <Wand2 size={16} strokeWidth={1.75} aria-hidden="true" />
            {t('picture.arrange')}
          </button>
        </Panel>
        <Panel position="bottom-left" className="picture-zoom">
          <button type="button" className="icon-button" aria-label={t('picture.out')} title={t('picture.out')} onClick={() => void travel(() => flow.zoomOut({ duration }))}>
            <Minus size={16} strokeWidth={1.75} aria-hidden="true" />
          </button>
          <button type="button" className="icon-button" aria-label={t('picture.in')} title={t('picture.in')} onClick={() => void travel(() => flow.zoomIn({ duration }))}>
            <Plus size={16} strokeWidth={1.75} aria-hidden="true" />
          </button>
          <button type="button" className="icon-button" aria-label={t('picture.fit')} title={t('picture.fit')} onClick={() => void travel(() => whole(duration))}>
            <Maximize size={16} strokeWidth={1.75} aria-hidden="true" />
          </button>
        </Panel>
        {!small && value.steps.length > 12 && <MiniMap pannable zoomable position="bottom-right" style={{ width: 168, height: 112 }} nodeClassName={(node) => ((node as AnyNode).type === 'step' && ((node as StepNode).data.view.faults > 0 ? 'map-faulty' : 'map-step')) || 'map-begin'} />}
      </ReactFlow>
    </div>
  );
}

function StepBox({ id, data: { view, current }, selected }: NodeProps<StepNode>) {
  const Icon = ICONS[view.kind];
  const measure = useUpdateNodeInternals();
  const handles = view.rows.map((row) => `${row.id} ${row.exit !== null}`).join();
  // Where its handles are is found out anew only when it grows: other ones in the same place would not be known.
  useEffect(() => measure(id), [handles, id, measure]);
  return (
    <div className="pic-step" data-kind={view.kind} data-selected={selected ? '' : undefined} data-faulty={view.faults > 0 ? '' : undefined} data-current={current ? '' : undefined}>
      <Handle type="target" position={Position.Left} id="in" className="pic-in" />
      <div className="pic-head">
        <span className="step-number">{view.number}</span>
        <Icon size={14} strokeWidth={1.75} aria-hidden="true" />
        <span className="pic-kind">{view.kindWords}</span>
        {view.faults > 0 && (
          <span className="fault-chip">
            <TriangleAlert size={14} strokeWidth={2} aria-hidden="true" />
            {view.faults}
            <span className="hidden">{view.faultWords}</span>
          </span>
        )}
      </div>
      <p className="pic-text" dir="auto">
        {view.title}
      </p>
      {view.rows.map((row) => (
        <div key={row.id} className="pic-row" data-button={row.button ? '' : undefined}>
          <span dir="auto">{model.cut(row.words)}</span>
          {row.exit !== null && <Handle type="source" position={Position.Right} id={row.id} className="pic-out" data-led={row.target !== null ? '' : undefined} />}
        </div>
      ))}
    </div>
  );
}

function BeginBox({ data }: NodeProps<BeginNode>) {
  return (
    <div className="pic-begin" data-led={data.led ? '' : undefined}>
      {data.words}
      <Handle type="source" position={Position.Right} id={data.way} className="pic-out" data-led={data.led ? '' : undefined} />
    </div>
  );
}

/** A way, with a button to take it away while it is chosen. */
function WayEdge({ id, sourceX, sourceY, targetX, targetY, sourcePosition, targetPosition, selected, markerEnd, data }: EdgeProps) {
  const back = targetX < sourceX - 8;
  const under = Number(data?.['under'] ?? sourceY);
  const [path, x, y] = back ? around(sourceX, sourceY, targetX, targetY, under) : getBezierPath({ sourceX, sourceY, targetX, targetY, sourcePosition, targetPosition });
  const { deleteElements } = useReactFlow();
  const remove = data?.['remove'];
  return (
    <>
      <BaseEdge id={id} path={path} {...(markerEnd === undefined ? {} : { markerEnd })} />
      {selected === true && typeof remove === 'string' && (
        <EdgeLabelRenderer>
          <button type="button" className="way-remove nodrag nopan" style={{ transform: `translate(-50%, -50%) translate(${x}px, ${y}px)` }} aria-label={remove} title={remove} onClick={() => void deleteElements({ edges: [{ id }] })}>
            <Minus size={14} strokeWidth={2} aria-hidden="true" />
          </button>
        </EdgeLabelRenderer>
      )}
    </>
  );
}

/** Back to the left, under what stands between. */
function around(sx: number, sy: number, tx: number, ty: number, under: number): [path: string, x: number, y: number] {
  const [out, r] = [18, 12];
  const path = `M ${sx} ${sy} H ${sx + out - r} q ${r} 0 ${r} ${r} V ${under - r} q 0 ${r} ${-r} ${r} H ${tx - out - 4 + r} q ${-r} 0 ${-r} ${-r} V ${ty + r} q 0 ${-r} ${r} ${-r} H ${tx}`;
  return [path, (sx + tx) / 2, under];
}
