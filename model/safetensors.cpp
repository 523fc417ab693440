#include "model/safetensors.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "model/config_json.h"

namespace limoe::model {
namespace {

const std::map<std::string, torch::ScalarType>& types() {
  static const std::map<std::string, torch::ScalarType> kTypes = {
      {"F64", torch::kFloat64},   {"F32", torch::kFloat32}, {"F16", torch::kFloat16},
      {"BF16", torch::kBFloat16}, {"I64", torch::kInt64},   {"I32", torch::kInt32},
      {"I16", torch::kInt16},     {"I8", torch::kInt8},     {"U8", torch::kUInt8},
      {"BOOL", torch::kBool}};
  return kTypes;
}

std::string nameOf(torch::ScalarType type) {
  for (const auto& [name, each] : types()) {
    if (each == type) {
      return name;
    }
  }
  throw SafetensorsError("a tensor's type has no name in safetensors");
}

std::string shapeText(torch::IntArrayRef sizes) {
  std::string text = "[";
  for (const int64_t size : sizes) {
    text += (text.size() > 1 ? ", " : "") + std::to_string(size);
  }
  return text + "]";
}

/// File descriptor that writes everything or throws, and syncs before the rename.
class SafeFile {
 public:
  explicit SafeFile(const std::filesystem::path& path)
      : path_(path), temporary_(path.string() + ".part") {
    descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    require(descriptor_ >= 0);
  }
  ~SafeFile() {
    if (descriptor_ >= 0) {
      ::close(descriptor_);
      ::unlink(temporary_.c_str());
    }
  }
  SafeFile(const SafeFile&) = delete;
  SafeFile& operator=(const SafeFile&) = delete;

  void write(const void* data, std::size_t bytes) {
    const auto* next = static_cast<const char*>(data);
    while (bytes > 0) {
      const ssize_t written = ::write(descriptor_, next, bytes);
      require(written >= 0 || errno == EINTR);
      if (written > 0) {
        next += written;
        bytes -= static_cast<std::size_t>(written);
      }
    }
  }

  void commit() {
    require(::fsync(descriptor_) == 0);
    const int descriptor = std::exchange(descriptor_, -1);
    require(::close(descriptor) == 0);
    require(::rename(temporary_.c_str(), path_.c_str()) == 0);
  }

 private:
  void require(bool fine) const {
    if (!fine) {
      throw SafetensorsError(path_.string() + ": cannot be written: " + std::strerror(errno));
    }
  }

  std::filesystem::path path_;
  std::string temporary_;
  int descriptor_ = -1;
};

}  // namespace

const torch::Tensor& TensorFile::at(const std::string& name,
                                    const std::filesystem::path& path) const {
  const auto found = tensors.find(name);
  if (found == tensors.end()) {
    throw SafetensorsError(path.string() + ": has no tensor \"" + name + "\"");
  }
  return found->second;
}

TensorFile readSafetensors(const std::filesystem::path& path) {
  const SafetensorsHeader header = readSafetensorsHeader(path);
  TensorFile result;
  result.metadata = header.metadata;
  std::ifstream file(path, std::ios::binary);
  for (const auto& [name, entry] : header.tensors) {
    auto tensor = torch::empty(entry.shape, types().at(entry.dtype));
    file.seekg(static_cast<std::streamoff>(entry.offset));
    if (entry.bytes > 0 && !file.read(static_cast<char*>(tensor.data_ptr()),
                                      static_cast<std::streamsize>(entry.bytes))) {
      throw SafetensorsError(path.string() + ": tensor \"" + name + "\" cannot be read");
    }
    result.tensors.emplace(name, std::move(tensor));
  }
  return result;
}

void writeSafetensors(const std::filesystem::path& path, const TensorFile& file) {
  nlohmann::ordered_json header;
  header["__metadata__"] = file.metadata;
  std::vector<torch::Tensor> payload;
  uint64_t offset = 0;
  for (const auto& [name, tensor] : file.tensors) {
    payload.push_back(tensor.detach().to(torch::kCPU).contiguous());
    const uint64_t end = offset + static_cast<uint64_t>(payload.back().nbytes());
    header[name] = {{"dtype", nameOf(tensor.scalar_type())},
                    {"shape", tensor.sizes().vec()},
                    {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text = header.dump();
  text.append((8 - text.size() % 8) % 8, ' ');  // tensors start at a multiple of 8
  SafeFile out(path);
  std::array<unsigned char, 8> length{};
  for (std::size_t i = 0; i < length.size(); ++i) {
    length[i] = static_cast<unsigned char>(text.size() >> (8 * i));
  }
  out.write(length.data(), length.size());
  out.write(text.data(), text.size());
  for (const auto& tensor : payload) {
    out.write(tensor.data_ptr(), tensor.nbytes());
  }
  out.commit();
}

void loadParameters(Limoe& model, const TensorFile& file, const std::filesystem::path& path) {
  torch::NoGradGuard no_grad;
  std::string faults;
  auto parameters = model.named_parameters();
  for (auto& item : parameters) {
    const auto found = file.tensors.find(item.key());
    if (found == file.tensors.end()) {
      faults += "\n  missing: " + item.key() + " " + shapeText(item.value().sizes());
    } else if (found->second.sizes() != item.value().sizes()) {
      faults += "\n  " + item.key() + ": has shape " + shapeText(found->second.sizes()) +
                ", the configuration asks for " + shapeText(item.value().sizes());
    } else if (!torch::isfinite(found->second).all().item<bool>()) {
      faults += "\n  " + item.key() + ": has a value that is NaN or infinite";
    } else {
      item.value().copy_(found->second);
    }
  }
  for (const auto& [name, tensor] : file.tensors) {
    if (!parameters.contains(name)) {
      faults += "\n  superfluous: " + name + " " + shapeText(tensor.sizes());
    }
  }
  if (!faults.empty()) {
    throw SafetensorsError(path.string() + ": its tensors do not fit its configuration:" + faults);
  }
}

std::shared_ptr<Limoe> loadModel(const std::filesystem::path& path) {
  const TensorFile file = readSafetensors(path);
  const auto config = file.metadata.find("config");
  if (config == file.metadata.end()) {
    throw SafetensorsError(path.string() +
                           ": has no configuration under __metadata__.config; not a checkpoint "
                           "of this program");
  }
  const auto model = [&] {
    try {
      return std::make_shared<Limoe>(
          modelConfigFromJson(parseJson(config->second, "__metadata__.config")), 0);
    } catch (const ConfigError& error) {
      throw SafetensorsError(path.string() + ": " + error.what());
    }
  }();
  loadParameters(*model, file, path);
  return model;
}

TensorFile parametersOf(const Limoe& model) {
  TensorFile file;
  file.metadata["config"] = toJson(model.config()).dump();
  for (const auto& item : model.named_parameters()) {
    file.tensors.emplace(item.key(), item.value().detach());
  }
  return file;
}

}  // namespace limoe::model
