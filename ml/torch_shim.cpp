/* SPDX-License-Identifier: Apache-2.0 */
#include "ml/torch_shim.h"

#include <cmath>
#include <cstdio>
#include <exception>
#include <new>
#include <vector>

#include <ATen/Parallel.h>
#include <torch/optim/adam.h>
#include <torch/script.h>

#include "core/err.h"

struct torch_model {
    torch::jit::Module module;
};

namespace
{

constexpr int64_t kHidden = 24;
constexpr const char *kNetwork = R"SCRIPT(
def forward(self, x):
    h = torch.tanh(torch.linear(x, self.w1, self.b1))
    h = torch.tanh(torch.linear(h, self.w2, self.b2))
    y = torch.linear(h, self.w3, self.b3)
    position = 100.0 * torch.sigmoid(y[:, 0:1])
    variance = torch.exp(torch.clamp(y[:, 1:2], -1.0, 8.0))
    return torch.cat([position, variance], 1)
)SCRIPT";

void explain(char *why, const char *text)
{
    size_t n = 0;
    while (n < TORCH_WHY_MAX - 1 && text[n] != '\0' && text[n] != '\n') {
        why[n] = text[n];
        n++;
    }
    why[n] = '\0';
}

/* Runs `body`, turning what it throws into an error and its first line. */
template <typename Body> int guarded(char *why, Body body)
{
    try {
        why[0] = '\0';
        return body();
    } catch (const std::bad_alloc &) {
        explain(why, "out of memory");
        return ROOST_ERR_NO_MEMORY;
    } catch (const c10::Error &error) {
        explain(why, error.what_without_backtrace());
    } catch (const std::exception &error) {
        explain(why, error.what());
    }
    return ROOST_ERR_INTERNAL;
}

torch::Tensor borrow(const float *data, int64_t rows, int64_t columns)
{
    /* from_blob wants a mutable pointer; nothing here writes through it. */
    return torch::from_blob(const_cast<float *>(data), {rows, columns}, torch::kFloat32);
}

torch::Tensor run(torch_model *model, const torch::Tensor &x)
{
    return model->module.forward({x}).toTensor();
}

/* A file can be TorchScript and yet be no model of ours: what counts is what it answers. */
int probe(torch_model *model, char *why)
{
    torch::NoGradGuard no_grad;
    torch::Tensor y;
    try {
        y = run(model, torch::full({2, TORCH_FEATURES}, 0.5f));
    } catch (const std::exception &) {
        explain(why, "the network does not take rows of 3 features");
        return ROOST_ERR_INVALID;
    }
    if (y.dim() != 2 || y.size(0) != 2 || y.size(1) != TORCH_OUTPUTS ||
        y.scalar_type() != torch::kFloat32) {
        std::string shape = "output shape is not 2 rows of 2 floats but [";
        for (int64_t i = 0; i < y.dim(); i++)
            shape += (i ? "," : "") + std::to_string(y.size(i));
        explain(why, (shape + "]").c_str());
        return ROOST_ERR_INVALID;
    }
    if (!torch::isfinite(y).all().item<bool>() || (y.select(1, 1) <= 0).any().item<bool>()) {
        explain(why, "answers are not finite, or a variance is not above 0");
        return ROOST_ERR_INVALID;
    }
    return 0;
}

/* Beta-NLL (Seitzer et al. 2022): rows weighed by the square root of their variance, so that the
 * mean is learnt where the data are noisy too. In the square of 1 point. */
torch::Tensor loss_of(const torch::Tensor &y, const torch::Tensor &label,
                      const torch::Tensor &weight)
{
    torch::Tensor variance = y.select(1, 1);
    torch::Tensor error = label - y.select(1, 0);
    torch::Tensor nll = 0.5 * (torch::log(variance) + error * error / variance);
    torch::Tensor scaled = weight * torch::sqrt(variance.detach());
    return (scaled * nll).sum() / weight.sum().clamp_min(1e-6);
}

std::vector<torch::Tensor> parameters(torch_model *model, bool only_last_layer)
{
    std::vector<torch::Tensor> chosen;
    for (const auto &parameter : model->module.named_parameters()) {
        bool last = parameter.name == "w3" || parameter.name == "b3";
        parameter.value.set_requires_grad(last || !only_last_layer);
        if (last || !only_last_layer)
            chosen.push_back(parameter.value);
    }
    return chosen;
}

int fit_rows(torch_model *model, const torch_rows *rows, const torch_fit *fit, char *why)
{
    auto count = static_cast<int64_t>(rows->count);
    torch::Tensor x = borrow(rows->features, count, TORCH_FEATURES);
    torch::Tensor label = borrow(rows->position, count, 1).squeeze(1);
    torch::Tensor weight =
        rows->weight ? borrow(rows->weight, count, 1).squeeze(1) : torch::ones({count});

    torch::manual_seed(fit->seed);
    torch::optim::Adam adam(parameters(model, fit->only_last_layer != 0),
                            torch::optim::AdamOptions(fit->rate));
    for (int epoch = 0; epoch < fit->epochs; epoch++) {
        double part = static_cast<double>(epoch) / fit->epochs;
        double rate = fit->rate * (0.01 + 0.99 * 0.5 * (1.0 + std::cos(M_PI * part)));
        static_cast<torch::optim::AdamOptions &>(adam.param_groups()[0].options()).lr(rate);
        torch::Tensor order = torch::randperm(count);
        for (int64_t from = 0; from < count; from += fit->batch_rows) {
            int64_t n = std::min<int64_t>(fit->batch_rows, count - from);
            torch::Tensor at = order.narrow(0, from, n);
            torch::Tensor y = run(model, x.index_select(0, at));
            torch::Tensor loss = loss_of(y, label.index_select(0, at), weight.index_select(0, at));
            adam.zero_grad();
            loss.backward();
            adam.step();
        }
    }
    return probe(model, why);
}

} // namespace

extern "C" {

void torch_threads(int count)
{
    at::set_num_threads(count);
    /* The profiling interpreter specialises a graph in its first runs, which makes single requests
     * of a new batch size slow; this network gains nothing from it. */
    torch::jit::getProfilingMode() = false;
    torch::jit::setGraphExecutorOptimize(false);
}

int torch_model_new(struct torch_model **model, uint64_t seed, char *why)
{
    return guarded(why, [&]() {
        torch::manual_seed(seed);
        auto *made = new torch_model{torch::jit::Module("roost_window")};
        *model = made;
        auto layer = [&](const char *w, const char *b, int64_t out, int64_t in, double gain) {
            double scale = gain / std::sqrt(static_cast<double>(in));
            made->module.register_parameter(w, torch::randn({out, in}) * scale, false);
            made->module.register_parameter(b, torch::randn({out}) * scale, false);
        };
        layer("w1", "b1", kHidden, TORCH_FEATURES, 3.0);
        layer("w2", "b2", kHidden, kHidden, 1.5);
        layer("w3", "b3", TORCH_OUTPUTS, kHidden, 0.5);
        made->module.define(kNetwork);
        torch::NoGradGuard no_grad;
        made->module.attr("b3").toTensor()[1] = 5.0; /* begin unsure: 12 points */
        return 0;
    });
}

int torch_model_load(struct torch_model **model, const char *path, char *why)
{
    return guarded(why, [&]() {
        torch::jit::Module module;
        try {
            module = torch::jit::load(path, torch::kCPU);
        } catch (const std::exception &) {
            explain(why, "not a TorchScript file");
            return static_cast<int>(ROOST_ERR_INVALID);
        }
        auto *loaded = new torch_model{module};
        int err = probe(loaded, why);
        if (err < 0) {
            delete loaded;
            return err;
        }
        *model = loaded;
        return 0;
    });
}

int torch_model_save(const struct torch_model *model, const char *path, char *why)
{
    return guarded(why, [&]() {
        model->module.save(path);
        return 0;
    });
}

int torch_model_forward(struct torch_model *model, const float *features, size_t count, float *out,
                        char *why)
{
    return guarded(why, [&]() {
        torch::InferenceMode inference;
        auto rows = static_cast<int64_t>(count);
        torch::Tensor y = run(model, borrow(features, rows, TORCH_FEATURES));
        torch::from_blob(out, {rows, TORCH_OUTPUTS}, torch::kFloat32).copy_(y);
        return 0;
    });
}

int torch_model_fit(struct torch_model *model, const struct torch_rows *rows,
                    const struct torch_fit *fit, char *why)
{
    return guarded(why, [&]() { return fit_rows(model, rows, fit, why); });
}

void torch_model_free(struct torch_model *model)
{
    delete model;
}

} // extern "C"
