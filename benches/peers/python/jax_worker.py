"""The worker of JAX: everything that is timed is compiled by `jax.jit`."""

import json
import os
import sys

N_THREADS = os.environ["NPROC"]
# One thread also for what XLA computes by Eigen.
os.environ["XLA_FLAGS"] = f"--xla_cpu_multi_thread_eigen={'false' if N_THREADS == '1' else 'true'}"

try:
    import jax
    from jax import lax
    from jax import numpy as jnp
    from safetensors.numpy import load_file
except ImportError as error:
    print(json.dumps({"missing": str(error)}), flush=True)
    sys.exit()

import jax_models as models
from worker import Workload, digest, serve

# The tokens that are read at once before those that are timed, and how many those are.
PROMPT, DECODED = 64, 64


def parameters(weights):
    loaded = load_file(weights).items()
    return {
        name: jnp.asarray(models.channels_last(name, weight))
        for name, weight in loaded
        if not name.endswith("num_batches_tracked")
    }


def is_learned(name):
    return "running_" not in name


def images(batch):
    return jnp.asarray(batch["x"].transpose(0, 2, 3, 1))


def tokens(batch):
    return jnp.asarray(batch["tokens"])


def adam(p, grad, state, t, weight_decay=0.0):
    m, v = state
    m, v = 0.9 * m + 0.1 * grad, 0.999 * v + 0.001 * grad * grad
    p = p - 1e-3 * weight_decay * p
    step = 1e-3 / (1 - 0.9**t)
    return p - step * m / (jnp.sqrt(v) / jnp.sqrt(1 - 0.999**t) + 1e-8), (m, v)


def adamw(p, grad, state, t):
    return adam(p, grad, state, t, weight_decay=1e-2)


def sgdm(p, grad, state, t):
    velocity = 0.9 * state[0] + grad
    return p - 1e-2 * velocity, (velocity,)


def training(model, rule, n_buffers, inputs, updates_buffers=False):
    def loss_of(learned, buffers, x, labels):
        running = {} if updates_buffers else None
        p = learned | buffers
        scores = model(p, x, running) if updates_buffers else model(p, x)
        log_p = jax.nn.log_softmax(scores.reshape(labels.size, -1))
        loss = -jnp.take_along_axis(log_p, labels[:, None], axis=1).mean()
        return loss, buffers | (running or {})

    def step(learned, buffers, state, t, x, labels):
        value_and_grad = jax.value_and_grad(loss_of, has_aux=True)
        (loss, buffers), grads = value_and_grad(learned, buffers, x, labels)
        moved = {name: rule(p, grads[name], state[name], t) for name, p in learned.items()}
        learned = {name: p for name, (p, _) in moved.items()}
        state = {name: buffer for name, (_, buffer) in moved.items()}
        return learned, buffers, state, t + 1, loss

    def load(weights, batch):
        p = parameters(weights)
        learned = {name: x for name, x in p.items() if is_learned(name)}
        buffers = {name: x for name, x in p.items() if not is_learned(name)}
        state = {name: tuple(jnp.zeros_like(x) for _ in range(n_buffers)) for name, x in learned.items()}
        compiled = jax.jit(step, donate_argnums=(0, 1, 2, 3))
        x, labels = inputs(batch), jnp.asarray(batch["labels"])
        last = [learned, buffers, state, jnp.asarray(1.0), None]

        def run():
            last[:] = jax.block_until_ready(compiled(*last[:4], x, labels))

        return Workload(run, lambda: [float(last[4])])

    return load


def computation(compute, *arguments):
    compiled = jax.jit(compute)
    last = []

    def run():
        last.clear()
        last.append(jax.block_until_ready(compiled(*arguments)))

    return Workload(run, lambda: digest(last[0]))


def inference(model, inputs):
    return lambda weights, batch: computation(model, parameters(weights), inputs(batch))


def kernel(function, *names):
    return lambda _, batch: computation(function, *(jnp.asarray(batch[name]) for name in names))


def convolution(groups):
    def load(_, batch):
        weight = jnp.asarray(models.channels_last("weight", batch["weight"]))

        def compute(x, weight):
            return lax.conv_general_dilated(
                x, weight, (1, 1), [(1, 1)] * 2,
                dimension_numbers=("NHWC", "HWIO", "NHWC"), feature_group_count=groups,
            )

        return computation(compute, images(batch), weight)

    return load


def attention(q, k, v):
    return jax.nn.dot_product_attention(*(x.swapaxes(1, 2) for x in (q, k, v))).swapaxes(1, 2)


def layer_norm(x, weight, bias):
    return models.layer_norm({"_.weight": weight, "_.bias": bias}, "_", x)


def decoding(weights, batch):
    p, text = parameters(weights), tokens(batch)
    _, seen = jax.jit(models.gpt(6, 6))(p, text[:, :PROMPT])
    room = ((0, 0), (0, DECODED), (0, 0), (0, 0))
    after_prompt = [tuple(jnp.pad(x, room) for x in pair) for pair in seen]
    copy = jax.jit(lambda cache: jax.tree.map(jnp.copy, cache))
    step = jax.jit(models.gpt_next(6, 6), donate_argnums=3)
    places = [(text[:, i : i + 1], jnp.asarray(i)) for i in range(PROMPT, PROMPT + DECODED)]
    last = []

    def run():
        cache = copy(after_prompt)
        for token, place in places:
            scores, cache = jax.block_until_ready(step(p, token, place, cache))
        last[:] = [scores]

    return Workload(run, lambda: digest(last[0]), units=DECODED)


def adam_10m(_, batch):
    step = jax.jit(adam, donate_argnums=(0, 2))
    gradient = jnp.asarray(batch["gradient"])
    parameter = jnp.asarray(batch["parameter"])
    last = [parameter, (jnp.zeros_like(parameter), jnp.zeros_like(parameter)), 1.0]

    def run():
        parameter, state = jax.block_until_ready(step(last[0], gradient, last[1], last[2]))
        last[:] = [parameter, state, last[2] + 1.0]

    return Workload(run, lambda: digest(last[0]))


def scores(forward):
    """The scores of a GPT, without its cache."""
    return lambda p, tokens: forward(p, tokens)[0]


WORKLOADS = {
    "mlp-train-b128-adam": training(models.mlp, adam, 2, images),
    "mlp-infer-b1": inference(models.mlp, images),
    "lenet-train-b64-sgdm": training(models.lenet5, sgdm, 1, images),
    "lenet-infer-b1": inference(models.lenet5, images),
    "resnet20-train-b32-sgdm": training(models.resnet20, sgdm, 1, images, updates_buffers=True),
    "resnet18-224-infer-b1": inference(models.resnet18, images),
    "lstm-train-b32-t64-adam": training(models.char_lstm, adam, 2, tokens),
    "gpt-6x384-train-b4-t256-adamw": training(scores(models.gpt(6, 6)), adamw, 2, tokens),
    "gpt-2x64-train-b16-t64-adamw": training(scores(models.gpt(2, 4)), adamw, 2, tokens),
    "bert-minilm-infer-b1-t32": inference(models.minilm, tokens),
    "bert-minilm-infer-b16-t128": inference(models.minilm, tokens),
    "gpt-6x384-decode": decoding,
    "gemm-256": kernel(jnp.matmul, "a", "b"),
    "gemm-1024": kernel(jnp.matmul, "a", "b"),
    "gemv-1024": kernel(jnp.matmul, "a", "b"),
    "conv3x3-64c-32px-b16": convolution(groups=1),
    "depthwise3x3-64c-56px-b8": convolution(groups=64),
    "attention-b4-h6-t256-d64": kernel(attention, "q", "k", "v"),
    "softmax-4096x1024": kernel(jax.nn.softmax, "x"),
    "layernorm-4096x768": kernel(layer_norm, "x", "weight", "bias"),
    "adam-10M": adam_10m,
}


def load(name, weights, batch):
    found = WORKLOADS.get(name)
    return found and found(weights, load_file(batch))


serve(jax.__version__, load)
