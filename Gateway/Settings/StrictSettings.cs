using System.Collections;
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Reflection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Pythia.Gateway.Settings;

/// <summary>A setting that can't be used.</summary>
/// <param name="Key">As in configuration: <c>Gateway:Chains:0:ChainId</c>.</param>
/// <param name="Found">What is there, quoted and cut to 80 characters; <c>nothing</c> if missing, <c>a secret</c> if it is one.</param>
/// <param name="Expected">What would do.</param>
public sealed record SettingProblem(string Key, string Found, string Expected)
{
    public override string ToString() => $"{Key}: {Found} found, {Expected} expected";
}

/// <summary>A value that never appears in a message.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SecretAttribute : Attribute;

/// <summary>
/// Binds a section to its options type and accepts nothing else: a name that the type does not know, a value that does not convert and
/// one out of range are each a <see cref="SettingProblem"/>. All are found, not only the first.
/// </summary>
public static class StrictSettings
{
    private const int LongestFound = 80;

    /// <summary>Registers <typeparamref name="T"/> from its section; the start of the host stops with every problem named.</summary>
    public static OptionsBuilder<T> AddStrictOptions<T>(this IServiceCollection services, IConfiguration configuration, string section)
        where T : class, new()
    {
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<T>>(new ValueCheck<T>(section)));
        return services.AddOptions<T>().Configure(options => Bind(options, configuration.GetSection(section))).ValidateOnStart();
    }

    /// <summary>Binds a copy and says what is wrong with it; empty if nothing.</summary>
    public static IReadOnlyList<SettingProblem> Check<T>(IConfiguration configuration, string section)
        where T : class, new()
    {
        var part = configuration.GetSection(section);
        var problems = CheckShape(typeof(T), part);

        // What has no form is left out, so that the ranges of the others are judged at the same time.
        var formless = problems.Select(problem => problem.Key).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var sound = new ConfigurationBuilder().AddInMemoryCollection(part.AsEnumerable().Where(setting => !formless.Contains(setting.Key))).Build();
        var options = new T();
        sound.GetSection(section).Bind(options);
        return [.. problems, .. CheckValues(options, section).Where(problem => !formless.Contains(problem.Key))];
    }

    /// <summary>Names that <paramref name="type"/> does not know, and values that do not convert to what it has.</summary>
    public static IReadOnlyList<SettingProblem> CheckShape(Type type, IConfigurationSection section)
    {
        var problems = new List<SettingProblem>();
        CheckShape(type, section, problems);
        return problems;
    }

    /// <summary>Ranges and required values of an object that is already bound, and of those below it.</summary>
    public static IReadOnlyList<SettingProblem> CheckValues(object options, string section)
    {
        var problems = new List<SettingProblem>();
        CheckValues(options, section, problems);
        return problems;
    }

    private static void Bind<T>(T options, IConfigurationSection section)
        where T : class
    {
        var problems = CheckShape(typeof(T), section);
        if (problems.Count > 0) throw new OptionsValidationException(section.Path, typeof(T), problems.Select(problem => problem.ToString()));

        section.Bind(options);
    }

    private static void CheckShape(Type type, IConfigurationSection section, List<SettingProblem> problems)
    {
        foreach (var child in section.GetChildren())
        {
            var property = type.GetProperty(child.Key, BindingFlags.Public | BindingFlags.Instance | BindingFlags.IgnoreCase);
            if (property is null)
            {
                var known = string.Join(", ", type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Select(p => p.Name));
                problems.Add(new(child.Path, "an unknown setting", $"one of {known}"));
                continue;
            }

            CheckSetting(property.PropertyType, child, property.IsDefined(typeof(SecretAttribute)), problems);
        }
    }

    private static void CheckSetting(Type type, IConfigurationSection setting, bool secret, List<SettingProblem> problems)
    {
        if (EntryType(type) is { } entry)
        {
            foreach (var child in setting.GetChildren()) CheckSetting(entry, child, secret, problems);
        }
        else if (ItemType(type) is { } item)
        {
            if (!string.IsNullOrEmpty(setting.Value))
                problems.Add(new(setting.Path, Show(setting.Value, secret), $"a list: {setting.Path}:0, {setting.Path}:1, …"));

            foreach (var child in setting.GetChildren())
            {
                if (!int.TryParse(child.Key, out var index) || index < 0)
                    problems.Add(new(child.Path, "an unknown setting", $"a position from 0: {setting.Path}:0"));
                else CheckSetting(item, child, secret, problems);
            }
        }
        else if (IsScalar(type)) CheckScalar(type, setting, secret, problems);
        else CheckShape(type, setting, problems);
    }

    private static void CheckScalar(Type type, IConfigurationSection setting, bool secret, List<SettingProblem> problems)
    {
        if (setting.GetChildren().FirstOrDefault() is { } below)
            problems.Add(new(below.Path, "an unknown setting", $"a value at {setting.Path}"));

        var text = setting.Value;
        var plain = Nullable.GetUnderlyingType(type) ?? type;
        if (plain == typeof(string) || (string.IsNullOrEmpty(text) && plain != type)) return;

        try
        {
            var value = TypeDescriptor.GetConverter(plain).ConvertFromInvariantString(text ?? "");
            if (plain.IsEnum && !Enum.IsDefined(plain, value!)) throw new FormatException();
        }
        catch (Exception e) when (e is ArgumentException or FormatException or NotSupportedException or OverflowException)
        {
            problems.Add(new(setting.Path, Show(text, secret), Describe(plain)));
        }
    }

    private static void CheckValues(object options, string path, List<SettingProblem> problems)
    {
        foreach (var property in options.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            if (property.GetIndexParameters().Length > 0) continue;

            var value = property.GetValue(options);
            var key = $"{path}:{property.Name}";
            var secret = property.IsDefined(typeof(SecretAttribute));
            foreach (var rule in property.GetCustomAttributes<ValidationAttribute>())
            {
                var found = value is ICollection { Count: var count } ? $"{count} entries" : Show(value?.ToString(), secret);
                if (!rule.IsValid(value)) problems.Add(new(key, found, Describe(rule)));
            }

            if (value is null || IsScalar(property.PropertyType)) continue;
            if (value is IDictionary entries)
            {
                foreach (DictionaryEntry entry in entries) CheckValues(entry.Value!, $"{key}:{entry.Key}", problems);
            }
            else if (value is not IEnumerable items) CheckValues(value, key, problems);
            else CheckItems(items, key, secret, property, problems);
        }
    }

    // A list of objects is walked; of a list of texts each entry obeys the rules that look at a text.
    private static void CheckItems(IEnumerable items, string key, bool secret, PropertyInfo property, List<SettingProblem> problems)
    {
        var rules = property.GetCustomAttributes<EachAttribute>().Select(each => each.Rule).ToList();
        var index = 0;
        foreach (var item in items)
        {
            var itemKey = $"{key}:{index++}";
            if (item is not null && !IsScalar(item.GetType())) CheckValues(item, itemKey, problems);
            else problems.AddRange(rules.Where(rule => !rule.IsValid(item)).Select(rule =>
                new SettingProblem(itemKey, Show(item?.ToString(), secret), Describe(rule))));
        }
    }

    private static string Describe(ValidationAttribute rule) => rule switch
    {
        RequiredAttribute => "a value",
        RangeAttribute range => $"{range.Minimum} to {range.Maximum}",
        LengthAttribute length => $"{length.MinimumLength} to {length.MaximumLength} entries",
        MinLengthAttribute least => $"at least {least.Length}",
        AllowedValuesAttribute allowed => $"one of {string.Join(", ", allowed.Values)}",
        _ => rule.ErrorMessage ?? rule.FormatErrorMessage("it"),
    };

    private static string Describe(Type type)
        => type.IsEnum ? $"one of {string.Join(", ", Enum.GetNames(type))}"
            : type == typeof(bool) ? "true or false"
            : type == typeof(TimeSpan) ? "a duration hh:mm:ss"
            : type == typeof(double) ? "a number"
            : "a whole number";

    private static string Show(string? value, bool secret)
        => string.IsNullOrEmpty(value) ? "nothing" : secret ? "a secret"
            : value.Length <= LongestFound ? $"'{value}'" : $"'{value[..LongestFound]}…'";

    private static bool IsScalar(Type type)
    {
        var plain = Nullable.GetUnderlyingType(type) ?? type;
        return plain.IsPrimitive || plain.IsEnum || plain == typeof(string) || plain == typeof(decimal) || plain == typeof(TimeSpan);
    }

    // Settings by name: Contracts:DeviceRegistry:Address.
    private static Type? EntryType(Type type)
        => type.GetInterfaces().Append(type).FirstOrDefault(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IDictionary<,>)) is { } dictionary
            && dictionary.GetGenericArguments()[0] == typeof(string) ? dictionary.GetGenericArguments()[1] : null;

    private static Type? ItemType(Type type)
        => type == typeof(string) ? null
            : type.IsArray ? type.GetElementType()
            : type.GetInterfaces().Append(type)
                .FirstOrDefault(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IEnumerable<>))?.GetGenericArguments()[0];

    private sealed class ValueCheck<T>(string section) : IValidateOptions<T>
        where T : class
    {
        public ValidateOptionsResult Validate(string? name, T options)
        {
            var problems = CheckValues(options, section);
            return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems.Select(p => p.ToString()));
        }
    }
}
