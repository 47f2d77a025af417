"""Modules of the method in PyTorch, written independently of our engine."""
import torch
import torch.nn.functional as F
from torch import nn


class SelectiveBatchNorm(nn.BatchNorm2d):
    """Statistics per view, one shared gamma and beta, running statistics from view 0 alone."""

    views = 1

    def forward(self, x):
        views = x.chunk(self.views)
        clean = super().forward(views[0])
        corrupted = [F.batch_norm(view, None, None, self.weight, self.bias, True, 0.0, self.eps)
                     for view in views[1:]]
        return torch.cat([clean] + corrupted)


class Attention(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.deconv = nn.ConvTranspose2d(channels, channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)

    def forward(self, x):
        gate = F.relu(self.bn1(self.conv(x)))
        return x * torch.sigmoid(self.bn2(self.deconv(gate)))


class Bottleneck(nn.Module):
    """1x1, 3x3 without padding, 1x1; the convolutions have biases, which the batch norms cancel."""

    def __init__(self, channels):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels // 2, 1)
        self.bn1 = nn.BatchNorm2d(channels // 2)
        self.conv2 = nn.Conv2d(channels // 2, channels // 2, 3)
        self.bn2 = nn.BatchNorm2d(channels // 2)
        self.conv3 = nn.Conv2d(channels // 2, channels, 1)
        self.bn3 = nn.BatchNorm2d(channels)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = F.relu(self.bn2(self.conv2(x)))
        return F.relu(self.bn3(self.conv3(x)))


class AuxiliaryHead(nn.Module):
    def __init__(self, channels, classes):
        super().__init__()
        self.attention = Attention(channels)
        self.bottleneck = Bottleneck(channels)
        self.fc = nn.Linear(channels, classes)

    def forward(self, features):
        return self.fc(self.bottleneck(self.attention(features)).mean((2, 3)))
