// A configuration that is being put together: what it starts from – preset and setting by name, or
// the run that it is a fork of – and the values that differ from that. No widgets.
#pragma once

#include <QString>
#include <QStringList>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "model/config.h"

namespace limoe::gui {

/// What the worker's own check says of a draft.
struct DraftCheck {
  std::optional<model::RunConfig> config;     ///< where nothing is at fault
  std::map<std::string, QStringList> faults;  ///< by the key of the value they are about
  QStringList other_faults;                   ///< about several values together
  bool isFine() const { return config.has_value(); }
};

/// The checkpoint that a fork begins with.
struct ForkPoint {
  int64_t step = 0;         ///< optimiser steps done
  model::RunConfig config;  ///< in force there
};

class RunDraft {
 public:
  RunDraft();  ///< the preset tiny with the setting limoe
  explicit RunDraft(const ForkPoint& parent);

  /// What the user has set stays, and is compared with what the new names say. Throws ConfigError
  /// where there is none of that name.
  void setPreset(const std::string& preset);
  void setSetting(const std::string& setting);
  const std::string& preset() const { return preset_; }
  const std::string& setting() const { return setting_; }
  bool isFork() const { return parent_.has_value(); }
  /// What the values are compared with: "tiny with limoe", "the parent".
  QString baseName() const;

  /// A value at fault is kept, so that the user can correct it. "moe" is "experts" or "dense".
  void set(const std::string& key, const nlohmann::json& value);
  void reset(const std::string& key);
  void resetAll();

  nlohmann::json value(const std::string& key) const;
  /// As preset and setting, or the parent, have it. (The soft minima follow the number of experts.)
  nlohmann::json baseValue(const std::string& key) const;
  bool differs(const std::string& key) const;
  std::vector<std::string> changes() const;  ///< keys of all that differ, in the table's order
  bool isDense() const;
  /// Why a value cannot be changed; empty: it can.
  QString whyLocked(const std::string& key) const;

  DraftCheck check() const;
  /// Options of `limoe train` that give this very configuration, without --out and --fork: only
  /// what differs from preset and setting, or from the parent.
  QStringList options() const;

 private:
  std::vector<nlohmann::json> baseLayers() const;
  bool hasMeaning(const std::string& key) const;  ///< in this draft
  void refreshBase();

  std::string preset_ = "tiny";
  std::string setting_ = "limoe";
  std::optional<ForkPoint> parent_;
  std::map<std::string, nlohmann::json> changes_;
  nlohmann::json base_;  ///< whole
};

}  // namespace limoe::gui
