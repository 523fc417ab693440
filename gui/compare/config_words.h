// How runs' configurations differ, by key and in words. Plain functions over the JSON that the
// recordings hold.
#pragma once

#include <QString>
#include <QStringList>
#include <string>
#include <vector>

namespace limoe::gui {

/// One key that is not the same in all runs.
struct ConfigDifference {
  QString key;         ///< "moe.experts", as --set takes it
  QStringList values;  ///< by run; "–" where the run has no such key
};

/// In the order of the first configuration, then of the others. What is no JSON counts as empty.
std::vector<ConfigDifference> configDifferences(const std::vector<std::string>& configs);

/// What `other` does differently from `reference`, named `name`: "setting classic (demo: limoe) ·
/// no batch priority routing · local text entropy loss off · train.seed 2 (demo: 0)". Empty where
/// nothing differs.
QString differenceInWords(const std::string& reference, const std::string& other,
                          const QString& name);

/// The configuration without the seed of training: equal for runs that are repetitions of one
/// another.
QString withoutSeed(const std::string& config);

}  // namespace limoe::gui
