"""The models of the workloads in PyTorch, with the names of parameters that Tenon's have too."""

import torch
from torch import nn
from torch.nn import functional as F


class Mlp(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2, self.fc3 = nn.Linear(784, 512), nn.Linear(512, 512), nn.Linear(512, 10)

    def forward(self, x):
        x = F.relu(self.fc1(x.flatten(1)))
        return self.fc3(F.relu(self.fc2(x)))


class LeNet5(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 5, padding=2), nn.Conv2d(6, 16, 5)
        self.fc1, self.fc2, self.fc3 = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = F.relu(self.fc1(x.flatten(1)))
        return self.fc3(F.relu(self.fc2(x)))


class BasicBlock(nn.Module):
    def __init__(self, inputs, outputs, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride != 1:
            projection = nn.Conv2d(inputs, outputs, 1, stride, bias=False)
            self.downsample = nn.Sequential(projection, nn.BatchNorm2d(outputs))

    def forward(self, x):
        shortcut = x if self.downsample is None else self.downsample(x)
        x = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(x)) + shortcut)


def stage(inputs, outputs, n_blocks):
    first = BasicBlock(inputs, outputs, 1 if inputs == outputs else 2)
    return nn.Sequential(first, *(BasicBlock(outputs, outputs) for _ in range(n_blocks - 1)))


class ResNet20(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16)
        self.layer1, self.layer2, self.layer3 = stage(16, 16, 3), stage(16, 32, 3), stage(32, 64, 3)
        self.fc = nn.Linear(64, 10)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.fc(x.mean((2, 3)))


class ResNet18(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 64, 7, 2, padding=3, bias=False), nn.BatchNorm2d(64)
        self.layer1, self.layer2 = stage(64, 64, 2), stage(64, 128, 2)
        self.layer3, self.layer4 = stage(128, 256, 2), stage(256, 512, 2)
        self.fc = nn.Linear(512, 1000)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 3, 2, padding=1)
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(x.mean((2, 3)))


class CharLstm(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(65, 64)
        self.lstm = nn.LSTM(64, 256, batch_first=True)
        self.output = nn.Linear(256, 65)

    def forward(self, tokens):
        hidden, _ = self.lstm(self.embedding(tokens))
        return self.output(hidden)


class Conv1D(nn.Module):
    """GPT-2's linear layer, whose weight is the other way round."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(inputs, outputs))
        self.bias = nn.Parameter(torch.empty(outputs))

    def forward(self, x):
        flat = torch.addmm(self.bias, x.reshape(-1, x.shape[-1]), self.weight)
        return flat.view(*x.shape[:-1], -1)


class CausalSelfAttention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.c_attn, self.c_proj = Conv1D(width, 3 * width), Conv1D(width, width)

    def forward(self, x, cache):
        n, t, width = x.shape
        parts = self.c_attn(x).split(width, 2)
        q, k, v = (part.view(n, t, self.heads, -1).transpose(1, 2) for part in parts)
        is_causal = cache is None or self not in cache
        if cache is not None:
            k, v = cache.extended(self, k, v)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=is_causal)
        return self.c_proj(y.transpose(1, 2).reshape(n, t, width))


class KvCache(dict):
    """The keys and values that each attention has seen."""

    def extended(self, attention, k, v):
        if attention in self:
            seen_k, seen_v = self[attention]
            k, v = torch.cat((seen_k, k), 2), torch.cat((seen_v, v), 2)
        self[attention] = (k, v)
        return k, v

    def n_tokens(self):
        return next((k.shape[2] for k, _ in self.values()), 0)


class FeedForward(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.c_fc, self.c_proj = Conv1D(width, 4 * width), Conv1D(4 * width, width)

    def forward(self, x):
        return self.c_proj(F.gelu(self.c_fc(x), approximate="tanh"))


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.ln_1, self.attn = nn.LayerNorm(width), CausalSelfAttention(width, heads)
        self.ln_2, self.mlp = nn.LayerNorm(width), FeedForward(width)

    def forward(self, x, cache):
        x = x + self.attn(self.ln_1(x), cache)
        return x + self.mlp(self.ln_2(x))


class Gpt(nn.Module):
    """Scores come from the vectors of the tokens."""

    def __init__(self, n_layers, width, heads, length):
        super().__init__()
        self.wte, self.wpe = nn.Embedding(65, width), nn.Embedding(length, width)
        self.h = nn.ModuleList(Block(width, heads) for _ in range(n_layers))
        self.ln_f = nn.LayerNorm(width)

    def forward(self, tokens, cache=None):
        start = 0 if cache is None else cache.n_tokens()
        places = torch.arange(start, start + tokens.shape[1])
        x = self.wte(tokens) + self.wpe(places)
        for block in self.h:
            x = block(x, cache)
        return F.linear(self.ln_f(x), self.wte.weight)


class BertLayer(nn.Module):
    def __init__(self):
        super().__init__()
        linears = {name: nn.Linear(384, 384) for name in ("query", "key", "value")}
        self.attention = nn.ModuleDict({"self": nn.ModuleDict(linears), "output": add_norm(384)})
        self.intermediate = nn.ModuleDict({"dense": nn.Linear(384, 1536)})
        self.output = add_norm(1536)

    def forward(self, x):
        n, t, width = x.shape
        maps = self.attention["self"]
        in_heads = (maps[name](x).view(n, t, 12, -1).transpose(1, 2) for name in ("query", "key", "value"))
        heard = F.scaled_dot_product_attention(*in_heads).transpose(1, 2).reshape(n, t, width)
        output = self.attention["output"]
        x = output["LayerNorm"](x + output["dense"](heard))
        hidden = F.gelu(self.intermediate["dense"](x))
        return self.output["LayerNorm"](x + self.output["dense"](hidden))


def add_norm(inputs):
    return nn.ModuleDict({"dense": nn.Linear(inputs, 384), "LayerNorm": nn.LayerNorm(384, eps=1e-12)})


class MiniLm(nn.Module):
    """all-MiniLM-L6-v2, on texts without padding; its pooler is loaded and not used."""

    def __init__(self):
        super().__init__()
        self.embeddings = nn.ModuleDict({
            "word_embeddings": nn.Embedding(30522, 384),
            "position_embeddings": nn.Embedding(512, 384),
            "token_type_embeddings": nn.Embedding(2, 384),
            "LayerNorm": nn.LayerNorm(384, eps=1e-12),
        })
        self.encoder = nn.ModuleDict({"layer": nn.ModuleList(BertLayer() for _ in range(6))})
        self.pooler = nn.ModuleDict({"dense": nn.Linear(384, 384)})

    def forward(self, tokens):
        places = torch.arange(tokens.shape[1])
        parts = self.embeddings
        x = parts["word_embeddings"](tokens) + parts["token_type_embeddings"](torch.zeros_like(tokens))
        x = parts["LayerNorm"](x + parts["position_embeddings"](places))
        for layer in self.encoder["layer"]:
            x = layer(x)
        return x
