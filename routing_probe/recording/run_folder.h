// The folder of a run: which file is where, and who holds it.
//
//     runs/NAME/config.json          everything needed to start it again
//              recording.h5          first part; a resumed run adds recording-2.h5, …
//              recording.lock        held with flock while a worker writes
//              probes/               own-STEP.h5: users' own images and captions, routed
//              checkpoints/          step-00001000.safetensors, its optimiser state beside it
//              tokenizer.model       SentencePiece
//              control.sock          the worker's socket, mode 0600
//              session.json          what limoe-scope remembers about this run
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace limoe::probe {

struct RunFolder {
  std::filesystem::path path;

  std::filesystem::path config() const { return path / "config.json"; }
  std::filesystem::path recording(int64_t part) const;
  std::filesystem::path lock() const { return path / "recording.lock"; }
  std::filesystem::path checkpoints() const { return path / "checkpoints"; }
  std::filesystem::path probes() const { return path / "probes"; }
  std::filesystem::path tokenizer() const { return path / "tokenizer.model"; }
  std::filesystem::path socket() const { return path / "control.sock"; }
  std::filesystem::path session() const { return path / "session.json"; }

  /// Existing parts, in order. Throws RecordingError where one in the middle is missing, or the
  /// folder cannot be read.
  std::vector<std::filesystem::path> parts() const;
  /// The same where any may be missing.
  std::vector<std::filesystem::path> partsAsTheyAre() const;
  /// Recordings of users' own images and captions in probes(), sorted by name.
  std::vector<std::filesystem::path> ownProbes() const;
  /// What limoe-scope remembers about them (NAME.session.json, .bak), also of one that is gone.
  std::vector<std::filesystem::path> ownProbeSessions() const;
  bool isRun() const;  ///< has a configuration or a recording
};

/// The folder of a run from its folder or from any part in it.
RunFolder runFolderOf(const std::filesystem::path& path_or_part);

/// Held by the worker as long as it writes; freed by the system when the worker dies.
class RunLock {
 public:
  /// Throws RecordingError naming the folder (and the holder's process id, where known) if another
  /// worker holds it.
  explicit RunLock(const RunFolder& folder);
  ~RunLock();
  RunLock(const RunLock&) = delete;
  RunLock& operator=(const RunLock&) = delete;

  /// Whether some worker holds the run now.
  static bool isHeld(const RunFolder& folder);

 private:
  int descriptor_ = -1;
};

/// A name for the Unix socket that fits into its 108 bytes however deep the folder lies:
/// the address goes through /proc/self/fd of a descriptor that this object keeps open.
class SocketAddress {
 public:
  explicit SocketAddress(const RunFolder& folder);
  ~SocketAddress();
  SocketAddress(const SocketAddress&) = delete;
  SocketAddress& operator=(const SocketAddress&) = delete;
  std::string zmqEndpoint() const;  ///< "ipc:///proc/self/fd/N/control.sock"
  std::string path() const;         ///< the same without "ipc://"

 private:
  int descriptor_ = -1;
};

}  // namespace limoe::probe
