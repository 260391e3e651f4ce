"""The models of the workloads in JAX: functions of a dictionary of parameters under PyTorch's names.

Images have their channels last, which is what XLA computes in on a CPU; weights of convolutions are
brought into that order when they are loaded.
"""

import jax
from jax import lax
from jax import numpy as jnp


def channels_last(name, weight):
    """A weight as it is used here: `(O, I, H, W)` becomes `(H, W, I, O)`."""
    return weight.transpose(2, 3, 1, 0) if weight.ndim == 4 else weight


def linear(p, name, x):
    return x @ p[f"{name}.weight"].T + p[f"{name}.bias"]


def conv(p, name, x, stride=1, padding=0):
    y = lax.conv_general_dilated(
        x, p[f"{name}.weight"], (stride, stride), [(padding, padding)] * 2,
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
    )
    return y + p[f"{name}.bias"] if f"{name}.bias" in p else y


def max_pool(x, size, stride, padding=0):
    pads = ((0, 0), (padding, padding), (padding, padding), (0, 0))
    return lax.reduce_window(x, -jnp.inf, lax.max, (1, size, size, 1), (1, stride, stride, 1), pads)


def mlp(p, x):
    x = jax.nn.relu(linear(p, "fc1", x.reshape(x.shape[0], -1)))
    return linear(p, "fc3", jax.nn.relu(linear(p, "fc2", x)))


def lenet5(p, x):
    x = max_pool(jax.nn.relu(conv(p, "conv1", x, padding=2)), 2, 2)
    x = max_pool(jax.nn.relu(conv(p, "conv2", x)), 2, 2)
    # The features of `fc1` are in the order of images with their channels first.
    x = jax.nn.relu(linear(p, "fc1", x.transpose(0, 3, 1, 2).reshape(x.shape[0], -1)))
    return linear(p, "fc3", jax.nn.relu(linear(p, "fc2", x)))


def batch_norm(p, name, x, running):
    """Under the statistics of the batch, which move those in `running`; under the latter if it is
    None."""
    mean, var = p[f"{name}.running_mean"], p[f"{name}.running_var"]
    if running is not None:
        n = x.size // x.shape[-1]
        batch_mean = x.mean((0, 1, 2))
        batch_var = jnp.square(x - batch_mean).mean((0, 1, 2))
        running[f"{name}.running_mean"] = 0.9 * mean + 0.1 * batch_mean
        running[f"{name}.running_var"] = 0.9 * var + 0.1 * batch_var * (n / (n - 1))
        mean, var = batch_mean, batch_var
    scale = p[f"{name}.weight"] * lax.rsqrt(var + 1e-5)
    return (x - mean) * scale + p[f"{name}.bias"]


def block(p, name, x, stride, running):
    shortcut = x
    if stride != 1:
        projected = conv(p, f"{name}.downsample.0", x, stride)
        shortcut = batch_norm(p, f"{name}.downsample.1", projected, running)
    x = conv(p, f"{name}.conv1", x, stride, padding=1)
    x = jax.nn.relu(batch_norm(p, f"{name}.bn1", x, running))
    x = conv(p, f"{name}.conv2", x, padding=1)
    return jax.nn.relu(batch_norm(p, f"{name}.bn2", x, running) + shortcut)


def stages(p, x, n_stages, n_blocks, running):
    for stage in range(1, n_stages + 1):
        for i in range(n_blocks):
            stride = 2 if stage > 1 and i == 0 else 1
            x = block(p, f"layer{stage}.{i}", x, stride, running)
    return linear(p, "fc", x.mean((1, 2)))


def resnet20(p, x, running):
    x = jax.nn.relu(batch_norm(p, "bn1", conv(p, "conv1", x, padding=1), running))
    return stages(p, x, 3, 3, running)


def resnet18(p, x):
    x = jax.nn.relu(batch_norm(p, "bn1", conv(p, "conv1", x, 2, padding=3), None))
    return stages(p, max_pool(x, 3, 2, padding=1), 4, 2, None)


def char_lstm(p, tokens):
    x = p["embedding.weight"][tokens]
    inputs = x @ p["lstm.weight_ih_l0"].T + p["lstm.bias_ih_l0"] + p["lstm.bias_hh_l0"]

    def step(state, gates):
        h, c = state
        i, f, g, o = jnp.split(gates + h @ p["lstm.weight_hh_l0"].T, 4, axis=-1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        h = jax.nn.sigmoid(o) * jnp.tanh(c)
        return (h, c), h

    zeros = jnp.zeros((tokens.shape[0], 256))
    _, hidden = lax.scan(step, (zeros, zeros), inputs.swapaxes(0, 1))
    return linear(p, "output", hidden.swapaxes(0, 1))


def layer_norm(p, name, x, epsilon=1e-5):
    mean = x.mean(-1, keepdims=True)
    var = jnp.square(x - mean).mean(-1, keepdims=True)
    return (x - mean) * lax.rsqrt(var + epsilon) * p[f"{name}.weight"] + p[f"{name}.bias"]


def conv1d(p, name, x):
    return x @ p[f"{name}.weight"] + p[f"{name}.bias"]


def gpt_block(p, name, x, attend):
    """`attend` takes queries, keys and values, side by side."""
    heard = attend(conv1d(p, f"{name}.attn.c_attn", layer_norm(p, f"{name}.ln_1", x)))
    x = x + conv1d(p, f"{name}.attn.c_proj", heard)
    hidden = conv1d(p, f"{name}.mlp.c_fc", layer_norm(p, f"{name}.ln_2", x))
    return x + conv1d(p, f"{name}.mlp.c_proj", jax.nn.gelu(hidden, approximate=True))


def in_heads(x, n_heads):
    return x.reshape(*x.shape[:2], n_heads, -1)


def gpt(n_layers, n_heads):
    """Scores, and what a cache holds after the tokens."""

    def forward(p, tokens):
        x = p["wte.weight"][tokens] + p["wpe.weight"][: tokens.shape[1]]
        cache = []

        def attend(qkv):
            q, k, v = (in_heads(part, n_heads) for part in jnp.split(qkv, 3, axis=-1))
            cache.append((k, v))
            return jax.nn.dot_product_attention(q, k, v, is_causal=True).reshape(x.shape)

        for i in range(n_layers):
            x = gpt_block(p, f"h.{i}", x, attend)
        return layer_norm(p, "ln_f", x) @ p["wte.weight"].T, cache

    return forward


def gpt_next(n_layers, n_heads):
    """Scores after one more token, at place `place`, and the cache with it."""

    def forward(p, token, place, cache):
        x = p["wte.weight"][token] + p["wpe.weight"][place]
        extended = []

        def attend(qkv):
            q, k, v = (in_heads(part, n_heads) for part in jnp.split(qkv, 3, axis=-1))
            seen_k, seen_v = cache[len(extended)]
            k = lax.dynamic_update_slice_in_dim(seen_k, k, place, 1)
            v = lax.dynamic_update_slice_in_dim(seen_v, v, place, 1)
            extended.append((k, v))
            sees = (jnp.arange(k.shape[1]) <= place)[None, None, None, :]
            return jax.nn.dot_product_attention(q, k, v, mask=sees).reshape(x.shape)

        for i in range(n_layers):
            x = gpt_block(p, f"h.{i}", x, attend)
        return layer_norm(p, "ln_f", x) @ p["wte.weight"].T, extended

    return forward


def minilm(p, tokens):
    """all-MiniLM-L6-v2, on texts without padding."""
    name = "embeddings"
    x = p[f"{name}.word_embeddings.weight"][tokens] + p[f"{name}.token_type_embeddings.weight"][0]
    x = x + p[f"{name}.position_embeddings.weight"][: tokens.shape[1]]
    x = layer_norm(p, f"{name}.LayerNorm", x, 1e-12)
    for i in range(6):
        name = f"encoder.layer.{i}"
        maps = (in_heads(linear(p, f"{name}.attention.self.{part}", x), 12) for part in ("query", "key", "value"))
        heard = jax.nn.dot_product_attention(*maps).reshape(x.shape)
        added = linear(p, f"{name}.attention.output.dense", heard)
        x = layer_norm(p, f"{name}.attention.output.LayerNorm", x + added, 1e-12)
        hidden = jax.nn.gelu(linear(p, f"{name}.intermediate.dense", x), approximate=False)
        added = linear(p, f"{name}.output.dense", hidden)
        x = layer_norm(p, f"{name}.output.LayerNorm", x + added, 1e-12)
    return x
