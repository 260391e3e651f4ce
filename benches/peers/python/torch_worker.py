"""The worker of PyTorch; with `compile` as its second argument, of `torch.compile`."""

import json
import os
import sys

try:
    import torch
    from safetensors.torch import load_file
    from torch.nn import functional as F
except ImportError as error:
    print(json.dumps({"missing": str(error)}), flush=True)
    sys.exit()

import torch_models as models
from worker import Workload, digest, serve

N_THREADS = int(os.environ["OMP_NUM_THREADS"])
# The tokens that are read at once before those that are timed, and how many those are.
PROMPT, DECODED = 64, 64


def compiled(function):
    return torch.compile(function) if sys.argv[2:] == ["compile"] else function


def adam(parameters):
    return torch.optim.Adam(parameters, lr=1e-3, fused=True)


def adamw(parameters):
    return torch.optim.AdamW(parameters, lr=1e-3, fused=True)


def sgdm(parameters):
    return torch.optim.SGD(parameters, lr=1e-2, momentum=0.9, fused=True)


def initialized(model, weights):
    model.load_state_dict(load_file(weights))
    return model


def training(model, rule, inputs):
    """A step of training on the tensor `inputs` of the batch."""

    def load(weights, batch):
        net = initialized(model(), weights)
        optimizer = rule(net.parameters())
        loss_of = compiled(lambda x, labels: F.cross_entropy(net(x).flatten(0, -2), labels))
        x, labels, last = batch[inputs], batch["labels"], []

        def run():
            optimizer.zero_grad(set_to_none=True)
            loss = loss_of(x, labels)
            loss.backward()
            optimizer.step()
            last[:] = [loss.detach()]

        return Workload(run, lambda: [last[0].item()])

    return load


def computation(compute):
    """What computes a tensor, without derivatives."""
    last = []

    def run():
        last.clear()
        with torch.inference_mode():
            last.append(compute())

    return Workload(run, lambda: digest(last[0].numpy()))


def inference(model, inputs):
    def load(weights, batch):
        net = compiled(initialized(model(), weights).eval())
        x = batch[inputs]
        return computation(lambda: net(x))

    return load


def kernel(function, *names):
    """A function of tensors of the batch."""

    def load(_, batch):
        arguments = [batch[name] for name in names]
        operation = compiled(function)
        return computation(lambda: operation(*arguments))

    return load


def decoding(weights, batch):
    net = initialized(larger_gpt(), weights).eval()
    step = compiled(net)
    prompt, decoded = batch["tokens"].split([PROMPT, DECODED], 1)
    after_prompt = models.KvCache()
    with torch.inference_mode():
        net(prompt, after_prompt)

    def compute():
        cache = models.KvCache(after_prompt)
        for token in decoded.split(1, 1):
            scores = step(token, cache)
        return scores

    workload = computation(compute)
    workload.units = DECODED
    return workload


def adam_10m(_, batch):
    parameter = batch["parameter"].requires_grad_()
    parameter.grad = batch["gradient"]
    optimizer = adam([parameter])
    return Workload(optimizer.step, lambda: digest(parameter.detach().numpy()))


def larger_gpt():
    return models.Gpt(6, 384, 6, 256)


def smaller_gpt():
    return models.Gpt(2, 64, 4, 64)


WORKLOADS = {
    "mlp-train-b128-adam": training(models.Mlp, adam, "x"),
    "mlp-infer-b1": inference(models.Mlp, "x"),
    "lenet-train-b64-sgdm": training(models.LeNet5, sgdm, "x"),
    "lenet-infer-b1": inference(models.LeNet5, "x"),
    "resnet20-train-b32-sgdm": training(models.ResNet20, sgdm, "x"),
    "resnet18-224-infer-b1": inference(models.ResNet18, "x"),
    "lstm-train-b32-t64-adam": training(models.CharLstm, adam, "tokens"),
    "gpt-6x384-train-b4-t256-adamw": training(larger_gpt, adamw, "tokens"),
    "gpt-2x64-train-b16-t64-adamw": training(smaller_gpt, adamw, "tokens"),
    "bert-minilm-infer-b1-t32": inference(models.MiniLm, "tokens"),
    "bert-minilm-infer-b16-t128": inference(models.MiniLm, "tokens"),
    "gpt-6x384-decode": decoding,
    "gemm-256": kernel(torch.matmul, "a", "b"),
    "gemm-1024": kernel(torch.matmul, "a", "b"),
    "gemv-1024": kernel(torch.matmul, "a", "b"),
    "conv3x3-64c-32px-b16": kernel(lambda x, w: F.conv2d(x, w, padding=1), "x", "weight"),
    "depthwise3x3-64c-56px-b8": kernel(lambda x, w: F.conv2d(x, w, padding=1, groups=64), "x", "weight"),
    "attention-b4-h6-t256-d64": kernel(F.scaled_dot_product_attention, "q", "k", "v"),
    "softmax-4096x1024": kernel(lambda x: torch.softmax(x, 1), "x"),
    "layernorm-4096x768": kernel(
        lambda x, weight, bias: F.layer_norm(x, (768,), weight, bias), "x", "weight", "bias"
    ),
    "adam-10M": adam_10m,
}


def load(name, weights, batch):
    found = WORKLOADS.get(name)
    return found and found(weights, load_file(batch))


torch.set_num_threads(N_THREADS)
serve(torch.__version__.partition("+")[0], load)
